//! The sealed file of a backup: read and written as a stream, so that a county's database needs no more memory than a
//! village's.
//!
//! ```text
//!  magic │ engine │ lock: key id, or "passphrase" │ salt (32) ║ chunk │ chunk │ … │ last chunk
//! ```
//!
//! The key is made for this one file, from the salt and the master key (or the passphrase). Chunks of 64 KiB are sealed
//! with AES-256-GCM; each nonce holds the chunk's number and whether it is the last, so that a chunk that is altered,
//! moved, doubled or cut off does not open. The head is authenticated with every chunk.

use std::io::{self, Read, Write};

use aes_gcm::aead::array::Array;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Tag};
use zeroize::Zeroizing;

use crate::crypto::{Purpose, Vault, key_from_passphrase};
use crate::problem::{Fault, Outcome};
use crate::storage::Engine;

const MAGIC: &[u8] = b"XIANGBAN BACKUP 1\n";
const CHUNK_BYTES: usize = 64 * 1024;
const TAG_BYTES: usize = size_of::<Tag>();
const PASSPHRASE: &str = "passphrase";

/// What opens a backup.
#[derive(Clone, Copy)]
pub enum Lock<'a> {
    /// The key file: the backup names the key.
    Keys(&'a Vault),
    /// Words that are kept elsewhere; the key file is not needed to open the backup (its sealed columns still need it).
    Passphrase(&'a str),
}

/// What a sealed backup says of itself in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub engine: Engine,
    /// The id of the key, or `passphrase`.
    lock: String,
    salt: [u8; 32],
}

impl Head {
    /// A head for a new file.
    pub fn new(engine: Engine, lock: Lock<'_>) -> Self {
        let lock = match lock {
            Lock::Keys(vault) => vault.current().to_owned(),
            Lock::Passphrase(_) => PASSPHRASE.to_owned(),
        };
        Self { engine, lock, salt: rand::random() }
    }

    /// Whether it asks for a passphrase.
    pub fn wants_passphrase(&self) -> bool {
        self.lock == PASSPHRASE
    }

    fn bytes(&self) -> Vec<u8> {
        let engine = match self.engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgresql",
        };
        let mut bytes = MAGIC.to_vec();
        for word in [engine, self.lock.as_str()] {
            bytes.push(u8::try_from(word.len()).unwrap_or(u8::MAX));
            bytes.extend(word.as_bytes());
        }
        bytes.extend(self.salt);
        bytes
    }

    /// `None` for a file that is not a sealed backup.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut magic = [0; MAGIC.len()];
        if fill(from, &mut magic)? < MAGIC.len() || magic != MAGIC {
            return Ok(None);
        }
        let mut word = || -> io::Result<String> {
            let mut length = [0];
            from.read_exact(&mut length)?;
            let mut word = vec![0; usize::from(length[0])];
            from.read_exact(&mut word)?;
            String::from_utf8(word).map_err(|_| broken("its head is damaged"))
        };
        let engine = match word()?.as_str() {
            "sqlite" => Engine::Sqlite,
            "postgresql" => Engine::Postgres,
            _ => return Err(broken("it is of a database this version does not know")),
        };
        let lock = word()?;
        let mut salt = [0; 32];
        from.read_exact(&mut salt)?;
        Ok(Some(Self { engine, lock, salt }))
    }

    fn cipher(&self, lock: Lock<'_>) -> Outcome<Aes256Gcm> {
        let key = match lock {
            Lock::Keys(vault) => {
                let label = self.salt.iter().fold(String::from("file/"), |label, byte| label + &format!("{byte:02x}"));
                vault.derive_under(&self.lock, Purpose::Backup, &label)?
            }
            Lock::Passphrase(words) => key_from_passphrase(words, &self.salt)?,
        };
        Ok(Aes256Gcm::new(&Array::from(*key)))
    }
}

/// Seals what is written to it. [`Writer::finish`] makes the file whole; without it the file does not open.
pub struct Writer<W> {
    to: W,
    chunks: Chunks,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> Writer<W> {
    /// Writes the head.
    pub fn new(mut to: W, head: &Head, lock: Lock<'_>) -> Outcome<Self> {
        let chunks = Chunks::new(head, lock)?;
        to.write_all(&chunks.head).map_err(Fault::internal)?;
        Ok(Self { to, chunks, waiting: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)) })
    }

    /// Seals the last chunk and gives back what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.send(true)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn send(&mut self, last: bool) -> io::Result<()> {
        let payload = Payload { msg: &self.waiting, aad: &self.chunks.head };
        let sealed = self.chunks.cipher.encrypt(&self.chunks.nonce(last).into(), payload);
        self.to.write_all(&sealed.map_err(|_| broken("sealing failed"))?)?;
        self.waiting.clear();
        self.chunks.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until there is more: only then is it known not to be the last.
        if self.waiting.len() == CHUNK_BYTES {
            self.send(false)?;
        }
        let room = CHUNK_BYTES - self.waiting.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.waiting.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what a [`Writer`] sealed; an error instead of a byte that was not written by it.
pub struct Reader<R> {
    from: R,
    chunks: Chunks,
    next: Vec<u8>,
    open: Zeroizing<Vec<u8>>,
    given: usize,
    over: bool,
}

impl<R: Read> Reader<R> {
    /// `from` stands behind the head.
    pub fn new(mut from: R, head: &Head, lock: Lock<'_>) -> Outcome<Self> {
        let chunks = Chunks::new(head, lock)?;
        let next = chunk(&mut from).map_err(Fault::internal)?;
        Ok(Self { from, chunks, next, open: Zeroizing::new(Vec::new()), given: 0, over: false })
    }

    fn advance(&mut self) -> io::Result<()> {
        let after = chunk(&mut self.from)?;
        let last = after.is_empty();
        let payload = Payload { msg: &self.next, aad: &self.chunks.head };
        let opened = self.chunks.cipher.decrypt(&self.chunks.nonce(last).into(), payload);
        self.open = Zeroizing::new(opened.map_err(|_| broken("it is damaged, cut off, or another key sealed it"))?);
        (self.next, self.given, self.over) = (after, 0, last);
        self.chunks.number += 1;
        Ok(())
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.open.len() {
            if self.over {
                return Ok(0);
            }
            self.advance()?;
        }
        let mut rest = self.open.get(self.given..).unwrap_or_default();
        let taken = rest.read(into)?;
        self.given += taken;
        Ok(taken)
    }
}

struct Chunks {
    cipher: Aes256Gcm,
    head: Vec<u8>,
    number: u64,
}

impl Chunks {
    fn new(head: &Head, lock: Lock<'_>) -> Outcome<Self> {
        Ok(Self { cipher: head.cipher(lock)?, head: head.bytes(), number: 0 })
    }

    /// The key serves one file, so that number and end are all a nonce needs.
    fn nonce(&self, last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.iter_mut().zip(self.number.to_be_bytes()).for_each(|(to, from)| *to = from);
        nonce[11] = u8::from(last);
        nonce
    }
}

/// The next sealed chunk; empty at the end.
fn chunk(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut sealed = vec![0; CHUNK_BYTES + TAG_BYTES];
    let length = fill(from, &mut sealed)?;
    sealed.truncate(length);
    Ok(sealed)
}

fn fill(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: Lock<'_> = Lock::Passphrase("a dozen words or so");

    fn sealed(text: &[u8]) -> Vec<u8> {
        let head = Head::new(Engine::Sqlite, LOCK);
        let mut writer = Writer::new(Vec::new(), &head, LOCK).unwrap();
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    fn opened(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut file = file;
        let head = Head::read(&mut file)?.ok_or_else(|| broken("no head"))?;
        let mut text = Vec::new();
        Reader::new(file, &head, LOCK).map_err(io::Error::other)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_is_written_comes_back_whatever_its_length() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let text: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            assert!(opened(&sealed(&text)).unwrap() == text, "{length} bytes");
        }
    }

    #[test]
    fn a_file_that_was_altered_cut_off_or_rearranged_does_not_open() {
        let text = vec![7; 2 * CHUNK_BYTES + 100];
        let whole = sealed(&text);
        let head = whole.len() - (2 * (CHUNK_BYTES + TAG_BYTES) + 100 + TAG_BYTES);
        let step = CHUNK_BYTES + TAG_BYTES;
        for at in [0, MAGIC.len() + 2, head - 1, head, head + step, whole.len() - 1] {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert!(opened(&altered).is_err(), "byte {at}");
        }
        for length in [head, head + step, head + 2 * step, whole.len() - 1] {
            assert!(opened(&whole[..length]).is_err(), "{length} bytes");
        }
        let mut swapped = whole[..head].to_vec();
        swapped.extend(&whole[head + step..head + 2 * step]);
        swapped.extend(&whole[head..head + step]);
        swapped.extend(&whole[head + 2 * step..]);
        assert!(opened(&swapped).is_err());
        let mut longer = whole;
        longer.extend([0; 40]);
        assert!(opened(&longer).is_err());
    }
}
