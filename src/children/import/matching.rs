//! Whom a row means: a child of the ledger, or one it does not hold yet. What could be two is not guessed.

use serde::{Deserialize, Serialize};

use crate::children::child::ChildState;
use crate::children::sheet::words::{plain, without_ending};
use crate::children::sheet::{About, Finding, LedgerRow, Person, Weight};
use crate::children::store::ChildRow;

/// What a person said about whom a row means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing: the rules decide.
    #[default]
    None,
    /// This child of the ledger.
    Is(i64),
    /// Nobody of the ledger.
    NewChild,
}

/// Children of the ledger that a row may mean.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// The one with the row's identity number, wherever it lives.
    pub by_number: Option<ChildRow>,
    /// Those of the county with the row's name and birth date.
    pub by_name: Vec<ChildRow>,
}

/// The child that the row means; `None` for a new one.
///
/// # Errors
/// The finding for which a person must decide.
pub fn whom<'a>(
    row: &LedgerRow,
    village: &str,
    candidates: &'a Candidates,
    decision: Decision,
) -> Result<Option<&'a ChildRow>, Box<Finding>> {
    if let Some(child) = &candidates.by_number {
        return by_number(row, village, child).map(Some);
    }
    if decision == Decision::NewChild {
        return Ok(None);
    }
    let fits = |child: &&ChildRow| row.child.identity_number.is_none() || child.identity_number_index.is_none();
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        candidates.by_name.iter().partition(|child| child.village_code == village);
    let fitting: Vec<&ChildRow> = here.iter().copied().filter(fits).collect();
    let mut active = fitting.iter().copied().filter(|child| child.state == ChildState::Active);
    match (active.next(), active.next()) {
        (Some(child), None) => Ok(Some(child)),
        (Some(_), Some(_)) => Err(about(row, "several_children_match", About::Name)),
        (None, _) if !fitting.is_empty() => Err(about(row, "child_has_left", About::Name)),
        (None, _) if !here.is_empty() => Err(about(row, "identity_differs_from_ledger", About::IdentityNumber)),
        (None, _) if elsewhere.iter().any(fits) => Err(about(row, "child_may_be_elsewhere", About::Name)),
        (None, _) => Ok(None),
    }
}

fn by_number<'a>(row: &LedgerRow, village: &str, child: &'a ChildRow) -> Result<&'a ChildRow, Box<Finding>> {
    if child.state == ChildState::Exited {
        Err(about(row, "child_has_left", About::IdentityNumber))
    } else if child.village_code != village {
        Err(about(row, "child_elsewhere", About::IdentityNumber))
    } else if child.name != row.child.name {
        Err(about(row, "name_differs_from_ledger", About::Name))
    } else if row.child.birth_date.is_some_and(|born| born != child.birth_date) {
        Err(about(row, "birth_differs_from_ledger", About::BirthDate))
    } else {
        Ok(child)
    }
}

fn about(row: &LedgerRow, code: &str, about: About) -> Box<Finding> {
    Box::new(row.say(Finding::new(Weight::Fault, code), Person::Child, about))
}

/// The names of the village that imports, and of those around it.
#[derive(Clone, Debug)]
pub struct Neighbourhood {
    pub village: String,
    /// The other villages of the township.
    pub others: Vec<String>,
}

impl Neighbourhood {
    /// Whether the row belongs to the village, as far as it says so.
    ///
    /// # Errors
    /// The finding about a village that is another one, or none we know.
    pub fn admit(&self, row: &LedgerRow) -> Result<(), Box<Finding>> {
        let Some(written) = &row.child.village else { return Ok(()) };
        let named = |name: &str| {
            let whole = plain(name);
            let bare = without_ending("place_ending", &whole);
            let core = if bare.chars().count() > 1 { bare } else { whole.as_str() };
            if plain(written).contains(core) { core.chars().count() } else { 0 }
        };
        let own = named(&self.village);
        // The longest name counts: what names 上石板村 also contains 石板村.
        if own > 0 && self.others.iter().all(|other| named(other) <= own) {
            return Ok(());
        }
        let finding = Finding::new(Weight::Fault, "village_unknown").value(written);
        Err(Box::new(row.say(finding, Person::Child, About::Village)))
    }
}
