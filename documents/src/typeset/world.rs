//! What Typst may see: the templates, the data, the fonts. No file system, no network, no clock.

use std::collections::BTreeMap;

use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime};
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::Fonts;

const DATA: &str = "data.json";

/// What every paper needs, made once.
pub(super) struct Desk {
    library: LazyHash<Library>,
    fonts: Fonts,
    sources: BTreeMap<FileId, Source>,
}

impl Desk {
    pub fn new(fonts: Fonts, templates: BTreeMap<String, String>) -> Self {
        let sources =
            templates.into_iter().map(|(name, text)| (id_of(&name), Source::new(id_of(&name), text))).collect();
        Self { library: LazyHash::new(<Library as LibraryExt>::default()), fonts, sources }
    }

    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    pub fn world(&self, main: &str, data: &Value) -> Paper<'_> {
        Paper { desk: self, main: id_of(main), data: Bytes::from_string(data.to_string()) }
    }
}

/// One paper in the making.
pub(super) struct Paper<'a> {
    desk: &'a Desk,
    main: FileId,
    data: Bytes,
}

impl World for Paper<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.desk.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.desk.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.desk.sources.get(&id).cloned().ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == id_of(DATA) { Ok(self.data.clone()) } else { Err(absent(id)) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.desk.fonts.get(index)
    }

    /// A paper's date is in its data.
    fn today(&self, _offset: Option<i64>) -> Option<Datetime> {
        None
    }
}

fn id_of(name: &str) -> FileId {
    FileId::new(None, VirtualPath::new(name))
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().as_rootless_path().to_path_buf())
}
