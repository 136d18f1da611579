//! Rebuild when a migration is added: the compiler does not see new files in embedded folders.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=config/default.toml");
}
