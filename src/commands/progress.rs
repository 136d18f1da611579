//! Progress of long work, on a terminal only: in a log or a pipe nothing is drawn.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Something whose length is not known.
pub fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Something that is counted.
pub fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:28} {wide_bar} {pos}/{len} {eta}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
