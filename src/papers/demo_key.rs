//! The key of a demo: made on the first use, readable by its owner only, and labelled for what it is.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::problem::{Fault, Outcome};

/// Writes a key and its chain where there is none.
pub(super) fn make(key: &Path, chain: &Path) -> Outcome<()> {
    let (key_pem, chain_pem) = xiangban_documents::demo::key_and_chain().map_err(Fault::internal)?;
    write(key, &key_pem)?;
    write(chain, &chain_pem)
}

fn write(file: &Path, text: &str) -> Outcome<()> {
    let wrong = |error: std::io::Error| Fault::internal(format!("{}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(wrong)
}
