//! The press: fonts, templates, key and roots, each read when first needed and kept.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use serde_json::Value;
use xiangban_documents::{self as documents, Fonts, Seal, SealFacts, Templates, TypesetError, Typesetter};

use super::demo_key;
use super::{PaperReport, Scan, Sheet, StampQuestion};
use crate::clock::Instant;
use crate::config::{Config, Mode, PapersConfig};
use crate::problem::{Fault, Outcome, Problem};

/// Sets, seals, stamps and checks papers.
pub struct Press {
    config: PapersConfig,
    mode: Mode,
    typesetter: OnceLock<Result<Arc<Typesetter>, Unready>>,
    seal: OnceLock<Result<Seal, String>>,
}

pub(super) type Question = documents::stamp::Question;

impl Press {
    /// Reads nothing yet.
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.papers.clone(),
            mode: config.deployment.mode,
            typesetter: OnceLock::new(),
            seal: OnceLock::new(),
        }
    }

    /// Whether this build can make documents.
    pub fn is_built() -> bool {
        true
    }

    /// Reads fonts, templates and key, and says what was found.
    ///
    /// # Errors
    /// When one of them is missing, with what to do about it.
    pub fn get_ready(&self) -> Outcome<String> {
        let families = self.typesetter()?.fonts().families().join(", ");
        Ok(format!("fonts: {families}; seal: {}", self.seal_of()?.name()))
    }

    /// The characters of `text` that cannot be printed; none while there are no fonts to ask.
    pub fn missing_characters(&self, text: &str) -> Outcome<Vec<char>> {
        Ok(self.typesetter().map(|typesetter| typesetter.fonts().missing(text)).unwrap_or_default())
    }

    /// # Errors
    /// A character that no font has (422), a template that does not work, fonts that are missing.
    pub fn typeset(&self, sheet: Sheet, data: &Value) -> Outcome<Vec<u8>> {
        self.typesetter()?.typeset(kind(sheet), data).map_err(|error| match error {
            TypesetError::RareCharacters(missing) => rare(&missing).into(),
            TypesetError::Template { template, reason } => Fault::internal(format!("template {template}: {reason}")),
        })
    }

    /// A QR code as an SVG picture.
    pub fn qr(&self, text: &str) -> Outcome<String> {
        documents::qr::svg(text).ok_or_else(|| Fault::internal("too long for a QR code"))
    }

    /// `file` with the seal of this deployment at its end.
    pub fn seal(&self, file: &[u8], reason: &str, at: Instant) -> Outcome<Vec<u8>> {
        let seal = self.seal_of()?;
        let facts = SealFacts {
            at: pdf_date(at),
            name: seal.name(),
            reason: reason.to_owned(),
            reserve: self.config.seal_reserve_bytes,
        };
        seal.seal(file, &facts).map_err(Fault::internal)
    }

    /// The certificates of the seal, in PEM.
    pub fn chain_pem(&self) -> Outcome<String> {
        self.seal_of()?;
        read(&self.config.seal_chain)
    }

    /// Checks a file against the roots this deployment trusts.
    pub fn check(&self, file: &[u8], at: Instant) -> Outcome<PaperReport> {
        let more = match self.config.trusted_roots.as_str() {
            "" => String::new(),
            path => read(Path::new(path))?,
        };
        Self::check_with(file, &(self.chain_pem()? + &more), at)
    }

    /// Checks a file against given roots alone.
    pub fn check_with(file: &[u8], roots_pem: &str, at: Instant) -> Outcome<PaperReport> {
        let roots = documents::certificates::from_pem(roots_pem).map_err(Fault::internal)?;
        let at = date_time(at)?;
        // A foreign parser on a foreign file: a panic in it means that this file is damaged, not that we are.
        let report = catch_unwind(|| documents::check(file, &roots, at)).unwrap_or_else(|_| documents::Report {
            findings: vec![documents::Finding::NotPdf],
            ..documents::Report::default()
        });
        Ok(PaperReport {
            holds: report.holds(),
            findings: report.findings.iter().map(|finding| finding.code().to_owned()).collect(),
            sealed_by: report.sealed_by,
            claimed_at: report.claimed_at,
            reason: report.reason,
            stamped_at: report.stamped_at.and_then(instant),
            stamped_by: report.stamped_by,
        })
    }

    /// What to ask a time stamp authority about a sealed file.
    pub fn stamp_question(&self, file: &[u8]) -> Outcome<StampQuestion> {
        let inner = Question::about(file, rand::random()).map_err(Fault::internal)?;
        Ok(StampQuestion { request: inner.request().map_err(Fault::internal)?, inner })
    }

    /// The file with the answer in it.
    pub fn stamped(&self, file: Vec<u8>, question: &StampQuestion, answer: &[u8]) -> Outcome<Vec<u8>> {
        question.inner.stamped(file, answer).map_err(Fault::internal)
    }

    /// A scan, read by what it is and written anew.
    ///
    /// # Errors
    /// 422 when it is no picture and no PDF, or too large.
    pub fn scan(&self, bytes: &[u8]) -> Outcome<Scan> {
        let read = catch_unwind(|| documents::Scan::read(bytes)).unwrap_or(Err(documents::ScanError::Damaged));
        let scan = read.map_err(|error| match error {
            documents::ScanError::UnknownType => Problem::of("scan_type"),
            documents::ScanError::Damaged => Problem::of("scan_damaged"),
            documents::ScanError::TooLarge => Problem::of("scan_too_large"),
        })?;
        Ok(Scan { bytes: scan.bytes, media_type: scan.media_type })
    }

    fn typesetter(&self) -> Outcome<Arc<Typesetter>> {
        let open = || {
            let fonts = fonts(&self.config.fonts).map_err(Unready::NoFonts)?;
            let folder = (!self.config.templates_dir.is_empty()).then(|| Path::new(&self.config.templates_dir));
            let templates = Templates::open(folder).map_err(|error| Unready::Other(format!("templates: {error}")))?;
            Ok(Arc::new(Typesetter::new(fonts, templates)))
        };
        self.typesetter.get_or_init(open).clone().map_err(|unready| match unready {
            Unready::NoFonts(looked_in) => Problem::of("fonts_missing").with("looked_in", looked_in).into(),
            Unready::Other(why) => Fault::Unavailable(why),
        })
    }

    fn seal_of(&self) -> Outcome<&Seal> {
        let open = || {
            let (key, chain) = (&self.config.seal_key, &self.config.seal_chain);
            if self.mode == Mode::Demo {
                demo_key::make(key, chain).map_err(|error| error.to_string())?;
            }
            let key = read(key).map_err(|error| error.to_string())?;
            let chain = read(chain).map_err(|error| error.to_string())?;
            Seal::from_pem(&key, &chain).map_err(|error| format!("seal: {error}"))
        };
        self.seal.get_or_init(open).as_ref().map_err(|why| Fault::Unavailable(why.clone()))
    }
}

/// Why nothing can be typeset.
#[derive(Clone, Debug)]
enum Unready {
    /// No font with Chinese letters, in these places.
    NoFonts(String),
    Other(String),
}

/// Fonts are large and never change while we run: read once for each list of folders.
///
/// # Errors
/// The places that were looked in.
fn fonts(folders: &[PathBuf]) -> Result<Fonts, String> {
    type Known = Vec<(Vec<PathBuf>, Fonts)>;
    static READ: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, fonts)) = read.iter().find(|(known, _)| known == folders) {
        return Ok(fonts.clone());
    }
    let fonts = Fonts::find(folders).map_err(|error| error.looked_in)?;
    read.push((folders.to_vec(), fonts.clone()));
    Ok(fonts)
}

fn kind(sheet: Sheet) -> documents::Sheet {
    match sheet {
        Sheet::Agreement => documents::Sheet::Agreement,
        Sheet::CapacityAssessment => documents::Sheet::CapacityAssessment,
        Sheet::Notice => documents::Sheet::Notice,
        Sheet::Admonition => documents::Sheet::Admonition,
        Sheet::SubsidyDecision => documents::Sheet::SubsidyDecision,
        Sheet::HandOver => documents::Sheet::HandOver,
    }
}

fn rare(missing: &[char]) -> Problem {
    Problem::of("rare_characters").with("characters", missing.iter().collect::<String>())
}

fn read(file: &Path) -> Outcome<String> {
    std::fs::read_to_string(file).map_err(|error| Fault::Unavailable(format!("{}: {error}", file.display())))
}

fn date_time(at: Instant) -> Outcome<documents::certificates::DateTime> {
    let seconds = u64::try_from(at.millis() / 1000).unwrap_or_default();
    documents::certificates::moment(seconds).ok_or_else(|| Fault::internal("a moment out of range"))
}

fn instant(seconds: u64) -> Option<Instant> {
    i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1000)).map(Instant::from_millis)
}

/// `D:20260302090000+08'00'`.
fn pdf_date(at: Instant) -> String {
    format!("D:{}+08'00'", at.local().format("%Y%m%d%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_fonts_it_says_which_package_to_install() {
        let press = Press::new(&Config::load(None).unwrap());
        let _ = press.typesetter.set(Err(Unready::NoFonts("/nowhere".into())));
        let Err(Fault::Problem(problem)) = press.typeset(Sheet::Notice, &Value::Null) else { panic!("typeset") };
        assert_eq!((problem.code, problem.status()), ("fonts_missing", 503));
        let detail = problem.document().detail.unwrap();
        assert!(detail.contains("fonts-noto-cjk") && detail.contains("/nowhere"), "{detail}");
        assert!(press.missing_characters("\u{F8FE}").unwrap().is_empty(), "a draft is not refused for want of fonts");
    }
}
