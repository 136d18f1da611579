//! Rebuild when something is added to an embedded folder: the compiler does not see new files there.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=config/default.toml");
    // A debug build reads the screens where they lie; only a release build carries them.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        for dist in ["web/console/dist", "web/phone/dist/build/h5"] {
            // A path that does not exist would rebuild every time.
            if Path::new(dist).exists() || std::fs::create_dir_all(dist).is_ok() {
                println!("cargo:rerun-if-changed={dist}");
            }
        }
    }
}
