//! The key of a demo: made on the first use, readable by its owner only, and labelled for what it is.
//!
//! It may be killed anywhere and run twice at once: each file appears whole or not at all, and never takes the place of
//! another; the chain is made for the key that is there.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use xiangban_documents::demo;

use crate::problem::{Fault, Outcome};

/// Writes a key and its chain where there is none.
pub(super) fn make(key: &Path, chain: &Path) -> Outcome<()> {
    if !key.exists() {
        write(key, &demo::new_key().map_err(Fault::internal)?)?;
    }
    if !chain.exists() {
        let key = std::fs::read_to_string(key).map_err(|error| wrong(key, &error))?;
        write(chain, &demo::chain_for(&key).map_err(Fault::internal)?)?;
    }
    Ok(())
}

/// A file with `text`, unless there is one by now.
fn write(file: &Path, text: &str) -> Outcome<()> {
    let fault = |error: std::io::Error| wrong(file, &error);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let aside = file.with_extension(format!("{}.new", std::process::id()));
    let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    opened.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(fault)?;
    let linked = std::fs::hard_link(&aside, file);
    let _ = std::fs::remove_file(&aside);
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(fault(error)),
        _ => Ok(()),
    }
}

fn wrong(file: &Path, error: &std::io::Error) -> Fault {
    Fault::internal(format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_its_chain_gets_one_and_is_kept() {
        let folder = std::env::temp_dir().join(format!("xiangban_demo_key_{}", std::process::id()));
        let (key, chain) = (folder.join("key.pem"), folder.join("chain.pem"));
        make(&key, &chain).unwrap();
        let before = std::fs::read_to_string(&key).unwrap();
        // As if the program had been killed between the two.
        std::fs::remove_file(&chain).unwrap();
        make(&key, &chain).unwrap();
        let read = |file: &Path| std::fs::read_to_string(file).unwrap();
        let (key, chain) = (read(&key), read(&chain));
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((&key, left.len()), (&before, 2));
        assert!(xiangban_documents::Seal::from_pem(&key, &chain).is_ok());
    }
}
