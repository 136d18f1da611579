//! From a template and data to a PDF/A-2b. The same template, data and fonts give the same bytes.
//!
//! The look of a paper is a Typst template (`templates/*.typ`); a township may keep a folder of its own, and what is
//! missing there is taken from the built-in ones. Values are read by the template from `/data.json`: they are text,
//! whatever they hold, and never markup.

mod world;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::fonts::Fonts;
use world::Desk;

macro_rules! sheets {
    ($($(#[$meta:meta])* $name:ident = $file:literal,)+) => {
        /// What can be set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Sheet { $($(#[$meta])* $name,)+ }

        impl Sheet {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name of its template.
            pub fn template(self) -> &'static str {
                match self { $(Self::$name => $file,)+ }
            }
        }

        const BUILT_IN: &[(&str, &str)] = &[
            (COMMON, include_str!("../../templates/common.typ")),
            $(($file, include_str!(concat!("../../templates/", $file))),)+
        ];
    };
}

sheets! {
    /// The agreement, with or without signatures.
    Agreement = "agreement.typ",
    /// The village's judgement on a carer.
    CapacityAssessment = "capacity_assessment.typ",
    /// Notice to school or village, with a slip to send back.
    Notice = "notice.typ",
    /// A letter that reminds parents of their duty.
    Admonition = "admonition.typ",
    /// The township's decision on a subsidy.
    SubsidyDecision = "subsidy_decision.typ",
    /// What goes from hand to hand when an agreement ends.
    HandOver = "hand_over.typ",
}

const COMMON: &str = "common.typ";

/// Templates by file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates(BTreeMap<String, String>);

impl Templates {
    /// The built-in templates, each replaced by the file of its name in `folder`.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn open(folder: Option<&Path>) -> std::io::Result<Self> {
        let own = |name: &str| -> std::io::Result<Option<String>> {
            let Some(file) = folder.map(|folder| folder.join(name)).filter(|file| file.exists()) else {
                return Ok(None);
            };
            std::fs::read_to_string(file).map(Some)
        };
        let mut all = BTreeMap::new();
        for (name, text) in BUILT_IN {
            all.insert((*name).to_owned(), own(name)?.unwrap_or_else(|| (*text).to_owned()));
        }
        Ok(Self(all))
    }
}

/// Why a paper could not be set.
#[derive(Debug, thiserror::Error)]
pub enum TypesetError {
    /// No font has these characters.
    #[error("no font has {}", .0.iter().collect::<String>())]
    RareCharacters(Vec<char>),
    #[error("{template}: {reason}")]
    Template { template: &'static str, reason: String },
}

/// Sets papers. Fonts and templates stay in memory; what a paper leaves behind is thrown away after it.
pub struct Typesetter {
    desk: Desk,
}

impl Typesetter {
    pub fn new(fonts: Fonts, templates: Templates) -> Self {
        Self { desk: Desk::new(fonts, templates.0) }
    }

    pub fn fonts(&self) -> &Fonts {
        self.desk.fonts()
    }

    /// A PDF/A-2b. `data` must hold `title`, `date` (year, month, day) and `mark` (see `templates/common.typ`).
    ///
    /// # Errors
    /// A character that no font has, or a template that asks for what the data lacks.
    pub fn typeset(&self, sheet: Sheet, data: &Value) -> Result<Vec<u8>, TypesetError> {
        let missing = self.fonts().missing(&words(data));
        if !missing.is_empty() {
            return Err(TypesetError::RareCharacters(missing));
        }
        let made = self.set(sheet, data);
        // Typst remembers what it has laid out; without this, memory grows with every paper.
        comemo::evict(0);
        made
    }

    fn set(&self, sheet: Sheet, data: &Value) -> Result<Vec<u8>, TypesetError> {
        let wrong = |diagnostics: &[SourceDiagnostic]| TypesetError::Template {
            template: sheet.template(),
            reason: diagnostics.first().map(|first| first.message.to_string()).unwrap_or_default(),
        };
        let world = self.desk.world(sheet.template(), data);
        let document = typst::compile::<PagedDocument>(&world).output.map_err(|errors| wrong(&errors))?;
        let text = data.to_string();
        let standards = PdfStandards::new(&[PdfStandard::A_2b])
            .map_err(|reason| TypesetError::Template { template: sheet.template(), reason: reason.to_string() })?;
        let options = PdfOptions { ident: Smart::Custom(&text), standards, tagged: false, ..PdfOptions::default() };
        typst_pdf::pdf(&document, &options).map_err(|errors| wrong(&errors))
    }
}

/// Every text in `data`, pictures apart.
fn words(data: &Value) -> String {
    let mut all = String::new();
    collect(data, &mut all);
    all
}

fn collect(data: &Value, all: &mut String) {
    match data {
        Value::String(text) if !text.starts_with("<svg") => all.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, all)),
        _ => {}
    }
}
