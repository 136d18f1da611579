//! The ledger as a workbook to hand out: every cell is text, and reading it in again changes nothing.
//!
//! What tells of harm stands in no export. Numbers are masked unless whoever asks is entitled to them and says why.

use std::sync::LazyLock;

use serde::Deserialize;

use super::classification::LabelKind;
use super::classification::facts::{Condition, Disability, Kin};
use super::identity_number::IdentityNumber;
use super::import::held::{self, HeldAdult, HeldChild, HeldHome};
use super::occasion::Occasion;
use super::sheet::words::word;
use super::sheet::write::{Table, workbook};
use super::sheet::{About, Person};
use super::store::{self, ChildRow};
use crate::areas::{self, AreaLevel};
use crate::audit;
use crate::messaging::phone::Mobile;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::text_enum;

text_enum! {
    /// How numbers of people are written.
    pub enum Numbers {
        Masked = "masked",
        Full = "full",
    }
}

#[derive(Default, Deserialize)]
struct Texts {
    title: String,
    sheet: String,
    file_name: String,
    between: String,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    field: String,
    heading: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| toml::from_str(include_str!("export.toml")).unwrap_or_default());

/// A workbook, what to call it, and the children in it.
#[derive(Clone, Debug)]
pub struct Exported {
    pub file_name: String,
    pub bytes: Vec<u8>,
    pub children: Vec<i64>,
}

/// The ledger of a village as it stands, marked with the number under which this is on record.
///
/// # Errors
/// 422 for what is no village.
pub fn of_village(occasion: &Occasion<'_>, village: &str, numbers: Numbers) -> Outcome<Exported> {
    areas::require_code(village, "village_code")?;
    let store = &occasion.app.store;
    let mark = store.write(|tx| {
        areas::exists(tx, village, AreaLevel::Village, "village_code")?;
        record(tx, occasion, village, numbers)
    })?;
    store.read(|conn| marked(conn, occasion, village, numbers, mark.clone()))
}

fn marked(
    conn: &mut Conn,
    occasion: &Occasion<'_>,
    village: &str,
    numbers: Numbers,
    mark: String,
) -> Outcome<Exported> {
    let name = areas::name_of(conn, village)?;
    let children = store::children::of_village(conn, village)?;
    let mut rows = Vec::with_capacity(children.len());
    for child in &children {
        let line = Line::load(conn, occasion, child, &name, numbers)?;
        rows.push(TEXTS.columns.iter().map(|column| line.cell(&column.field)).collect());
    }
    let fill = |text: &str| {
        let text = text.replace("{village}", &name).replace("{today}", &occasion.today().to_string());
        text.replace("{rows}", &children.len().to_string())
    };
    let table = Table {
        sheet_name: &TEXTS.sheet,
        title: fill(&TEXTS.title),
        mark,
        headings: TEXTS.columns.iter().map(|column| column.heading.as_str()).collect(),
        rows,
    };
    Ok(Exported {
        file_name: fill(&TEXTS.file_name),
        bytes: workbook(&table).map_err(Fault::internal)?,
        children: children.iter().map(|child| child.id).collect(),
    })
}

/// Writes down that a ledger is handed out; returns the mark of the file.
fn record(tx: &mut Conn, occasion: &Occasion<'_>, village: &str, numbers: Numbers) -> Outcome<String> {
    let event = audit::Event {
        actor: occasion.actor,
        action: audit::FileKind::Ledger.as_str(),
        subject_kind: "village",
        subject_id: village.parse().unwrap_or_default(),
        child_id: None,
        area_code: Some(village),
    };
    let rows = store::children::of_village(tx, village)?.len();
    let detail = serde_json::json!({ "rows": rows, "numbers": numbers });
    audit::hand_out(tx, occasion.now, audit::FileKind::Ledger, &event, &detail)
}

/// One child with all that its line says.
struct Line<'a> {
    village: &'a str,
    numbers: Numbers,
    held: HeldChild,
    home: HeldHome,
    labels: Vec<LabelKind>,
}

impl<'a> Line<'a> {
    fn load(
        conn: &mut Conn,
        occasion: &Occasion<'_>,
        child: &ChildRow,
        village: &'a str,
        numbers: Numbers,
    ) -> Outcome<Self> {
        let labels = store::labels::kinds_of(conn, &[child.id])?.into_iter().map(|(_, kind)| kind).collect();
        Ok(Self {
            village,
            numbers,
            held: held::child(conn, occasion, child)?,
            home: held::home(conn, occasion, child.household_id, [None; 3])?,
            labels,
        })
    }

    fn cell(&self, field: &str) -> String {
        let Some((person, about)) = field.split_once('.') else { return String::new() };
        let (Ok(person), Ok(about)) = (person.parse(), about.parse()) else { return String::new() };
        let text = match person {
            Person::Father => self.parent(Kin::Father, Kin::AdoptiveFather).and_then(|adult| self.adult(adult, about)),
            Person::Mother => self.parent(Kin::Mother, Kin::AdoptiveMother).and_then(|adult| self.adult(adult, about)),
            Person::Carer => self.carer().and_then(|adult| self.adult(adult, about)),
            Person::Child | Person::Parents => self.child(about),
        };
        text.unwrap_or_default()
    }

    fn child(&self, about: About) -> Option<String> {
        let (fields, schooling) = (&self.held.fields, &self.held.schooling);
        match about {
            About::Name => Some(fields.name.clone()),
            About::Sex => Some(word("sex", fields.sex.as_str()).to_owned()),
            About::BirthDate => Some(fields.birth_date.to_string()),
            About::IdentityNumber => self.number(self.held.identity_number.as_ref()),
            About::Phone => self.phone(self.held.phone.as_ref()),
            About::Ethnicity => fields.ethnicity.clone(),
            About::Village => Some(self.village.to_owned()),
            About::Address => self.home.address.clone(),
            About::RuralRegistration => Some(answer("registration", fields.rural_registration)),
            About::School => schooling.school.clone(),
            About::Grade => schooling.grade.clone(),
            About::Boarding => schooling.boarding.map(|boards| answer("answer", boards)),
            About::Enrolment => schooling.enrolment.map(|enrolment| word("enrolment", enrolment.as_str()).to_owned()),
            About::Labels => Some(self.labels()),
            About::Disability => self.held.health.disability.map(disability),
            About::Illness => self.held.health.illness.clone(),
            About::Remark => fields.remark.clone(),
            _ => None,
        }
    }

    fn adult(&self, adult: &HeldAdult, about: About) -> Option<String> {
        match about {
            // A name that only says that the name is not known is none to read in again.
            About::Name => Some(adult.name.clone()).filter(|name| name != word("unnamed", adult.fields.kin.as_str())),
            About::Sex => Some(word("sex", adult.sex.as_str()).to_owned()),
            About::BirthDate => adult.birth_date.map(|day| day.to_string()),
            About::IdentityNumber => self.number(adult.identity_number.as_ref()),
            About::Phone => self.phone(adult.phone.as_ref()),
            About::Condition => Some(word("condition", adult.fields.condition.as_str()).to_owned()),
            About::Kin => Some(word("kin", adult.fields.kin.as_str()).to_owned()),
            About::Place if is_at_work(adult) => {
                adult.away.as_ref().map_or_else(|| adult.undated_place.clone(), |away| away.place.clone())
            }
            About::Since if is_at_work(adult) => adult.away.as_ref().map(|away| away.since.to_string()),
            _ => None,
        }
    }

    /// The father (mother) of the household; an adoptive one where there is no other.
    fn parent(&self, kin: Kin, or: Kin) -> Option<&HeldAdult> {
        let of = |kin| self.home.adults.iter().find(|adult| adult.fields.kin == kin);
        of(kin).or_else(|| of(or))
    }

    /// Who looks after the child: somebody else before a parent.
    fn carer(&self) -> Option<&HeldAdult> {
        let carers = || self.home.adults.iter().filter(|adult| adult.fields.cares);
        carers().find(|adult| !adult.fields.kin.is_parent()).or_else(|| carers().next())
    }

    fn labels(&self) -> String {
        let shown = self.labels.iter().filter(|kind| !kind.is_harm() && !kind.is_key_target());
        let facts = self.held.circumstances.iter().filter(|fact| fact.until.is_none() && !fact.kind.is_harm());
        let words = shown
            .map(|kind| word("label", kind.as_str()))
            .chain(facts.map(|fact| word("circumstance", fact.kind.as_str())));
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(&TEXTS.between)
    }

    fn number(&self, number: Option<&IdentityNumber>) -> Option<String> {
        number.map(|number| match self.numbers {
            Numbers::Full => number.digits().to_owned(),
            Numbers::Masked => number.masked(),
        })
    }

    fn phone(&self, phone: Option<&Mobile>) -> Option<String> {
        phone.map(|phone| match self.numbers {
            Numbers::Full => phone.digits().to_owned(),
            Numbers::Masked => phone.masked(),
        })
    }
}

/// Whereabouts of the dead and of those behind bars are not work away, whatever was written once.
fn is_at_work(adult: &HeldAdult) -> bool {
    let condition: Condition = adult.fields.condition;
    !condition.is_gone() && !condition.is_confined()
}

fn answer(section: &str, yes: bool) -> String {
    word(section, if yes { "yes" } else { "no" }).to_owned()
}

fn disability(disability: Disability) -> String {
    let kind = disability.kind.map_or("", |kind| word("disability", kind.as_str()));
    format!("{kind}{}", word("disability_grade", &disability.grade.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::sheet::Column as Meaning;
    use crate::children::sheet::meaning_of;

    #[test]
    fn every_heading_of_an_export_is_one_that_the_import_reads_back() {
        assert!(TEXTS.columns.len() > 30);
        for column in &TEXTS.columns {
            let read = meaning_of(&column.heading).as_ref().map(Meaning::to_string);
            assert_eq!(read.as_deref(), Some(column.field.as_str()), "{}", column.heading);
        }
    }
}
