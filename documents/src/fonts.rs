//! The fonts that papers are set in: found in the usual folders, or missed with the names of the packages to install.

use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
/// File name and the family in it, in the order of preference. Collections hold a face for each region; ours is SC.
const WANTED: [(&str, &str); 4] = [
    ("NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC"),
    ("NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC"),
    ("NotoSerifSC-Regular.otf", "Noto Serif SC"),
    ("wqy-microhei.ttc", "WenQuanYi Micro Hei"),
];
/// Folders in folders are looked through this deep.
const DEPTH: usize = 4;

/// No font with Chinese letters was found.
#[derive(Debug, thiserror::Error)]
#[error("no Chinese font found in {looked_in}: install the package fonts-noto-cjk (or fonts-wqy-microhei)")]
pub struct FontsMissing {
    pub looked_in: String,
}

/// Fonts in memory, best first; cheap to clone.
#[derive(Clone)]
pub struct Fonts {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

impl Fonts {
    /// Looks in `folders` first, then where the system keeps fonts.
    ///
    /// # Errors
    /// When there is none with Chinese letters.
    pub fn find(folders: &[PathBuf]) -> Result<Self, FontsMissing> {
        let all: Vec<PathBuf> = folders.iter().cloned().chain(FOLDERS.map(PathBuf::from)).collect();
        Self::find_in(&all)
    }

    /// As [`Fonts::find`], in these folders alone.
    ///
    /// # Errors
    /// When there is none with Chinese letters.
    pub fn find_in(all: &[PathBuf]) -> Result<Self, FontsMissing> {
        let fonts: Vec<Font> = WANTED
            .iter()
            .filter_map(|(name, family)| face(&all.iter().find_map(|folder| find_file(folder, name, DEPTH))?, family))
            .collect();
        if fonts.is_empty() {
            let looked_in = all.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(FontsMissing { looked_in });
        }
        let book = LazyHash::new(FontBook::from_fonts(&fonts));
        Ok(Self { fonts, book })
    }

    /// The characters of `text` that no font has, each once.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut missing: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && !self.has(*c)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    fn has(&self, c: char) -> bool {
        self.fonts.iter().any(|font| font.info().coverage.contains(u32::from(c)))
    }

    /// The families there are, best first.
    pub fn families(&self) -> Vec<&str> {
        self.fonts.iter().map(|font| font.info().family.as_str()).collect()
    }

    pub(crate) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(crate) fn get(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }
}

fn find_file(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let here = entries.iter().find(|path| path.file_name().is_some_and(|found| found == name)).cloned();
    here.or_else(|| {
        let below = depth.checked_sub(1)?;
        entries.iter().filter(|path| path.is_dir()).find_map(|path| find_file(path, name, below))
    })
}

fn face(file: &Path, family: &str) -> Option<Font> {
    Font::iter(Bytes::new(std::fs::read(file).ok()?)).find(|font| font.info().family == family)
}
