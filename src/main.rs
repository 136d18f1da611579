//! The command line; `commands` holds what each does.

use std::process::ExitCode;

fn main() -> ExitCode {
    xiangban::commands::run()
}
