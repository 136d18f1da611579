//! Reconcile: the duties that the records call for, against the duties that are open. There must be no difference.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{DutyKind, Owed, Subject};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::duties;

/// A duty that a slice derives afresh from its records.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub kind: DutyKind,
    pub subject: Subject,
    pub owed_by: Owed,
}

/// A duty that is owed but not open, or open but not owed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    Missing { kind: DutyKind, subject: String, owed_key: String },
    Stray { kind: DutyKind, subject: String, owed_key: String },
}

type Key = (DutyKind, String, String);

/// Compares `expected` with the open duties of the `kinds` that its slice answers for.
pub fn differences(
    conn: &mut Conn,
    kinds: &[DutyKind],
    expected: impl IntoIterator<Item = Expected>,
) -> Outcome<Vec<Difference>> {
    let expected: BTreeSet<Key> = expected
        .into_iter()
        .map(|duty| (duty.kind, format!("{}:{}", duty.subject.kind, duty.subject.id), duty.owed_by.key()))
        .collect();
    let open: BTreeSet<Key> = duties::table
        .select((duties::kind, duties::subject_kind, duties::subject_id, duties::owed_key))
        .filter(duties::closed_at.is_null())
        .filter(duties::kind.eq_any(kinds.to_vec()))
        .load::<(DutyKind, String, i64, String)>(conn)?
        .into_iter()
        .map(|(kind, subject, id, owed_key)| (kind, format!("{subject}:{id}"), owed_key))
        .collect();
    let missing = expected.difference(&open).cloned().map(|(kind, subject, owed_key)| Difference::Missing {
        kind,
        subject,
        owed_key,
    });
    let stray = open.difference(&expected).cloned().map(|(kind, subject, owed_key)| Difference::Stray {
        kind,
        subject,
        owed_key,
    });
    Ok(missing.chain(stray).collect())
}
