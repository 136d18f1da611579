//! A row's texts as the ledger keeps them: without characters that nobody sees, and no longer than a person may write.

use crate::children::child::clean;
use crate::children::sheet::{About, Finding, LedgerRow, Person, Weight};

/// The row with tidy texts; what is too long is left out and said so.
pub fn tidied(mut row: LedgerRow) -> LedgerRow {
    let mut long = Vec::new();
    let child = &mut row.child;
    let own = [
        (About::Ethnicity, &mut child.ethnicity, 20),
        (About::Address, &mut child.address, 200),
        (About::School, &mut child.schooling.school, 60),
        (About::Grade, &mut child.schooling.grade, 40),
        (About::Illness, &mut child.illness, 1_000),
        (About::Remark, &mut child.remark, 1_000),
    ];
    let places = [(Person::Father, &mut row.father), (Person::Mother, &mut row.mother)];
    let cells = own
        .into_iter()
        .map(|(about, text, max)| (Person::Child, about, text, max))
        .chain(places.into_iter().map(|(person, adult)| (person, About::Place, &mut adult.place, 100)));
    for (person, about, text, max) in cells {
        *text = clean(text.as_deref());
        if text.as_ref().is_some_and(|text| text.chars().count() > max) {
            *text = None;
            long.push((person, about));
        }
    }
    for (person, about) in long {
        let finding = row.say(Finding::new(Weight::Doubt, "cell_too_long"), person, about);
        row.findings.push(finding);
    }
    row
}
