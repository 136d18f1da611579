//! Somebody of each kind of family and volunteer, to sign in as: around one child where there is such a one.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::app::App;
use crate::identity::{Person, PhoneState, TieKind, phone_of};
use crate::problem::Outcome;
use crate::storage::schema::{child_ties, people};

const KINDS: [TieKind; 3] = [TieKind::Parent, TieKind::Carer, TieKind::Volunteer];

/// Somebody who signs in by phone.
#[derive(Clone, Debug)]
pub struct Face {
    pub kind: TieKind,
    pub name: String,
    pub phone: String,
}

/// A parent, a carer and a volunteer with phones that work.
pub fn faces(app: &App) -> Outcome<Vec<Face>> {
    let ties: Vec<(i64, TieKind, Person)> = app.store.read(|conn| {
        Ok(child_ties::table
            .inner_join(people::table)
            .filter(child_ties::until.is_null())
            .filter(child_ties::kind.eq_any(KINDS))
            .filter(people::phone_state.eq_any([PhoneState::Verified, PhoneState::Unverified]))
            .order((child_ties::child_id, child_ties::id))
            .select((child_ties::child_id, child_ties::kind, Person::as_select()))
            .load(conn)?)
    })?;
    let mut around: BTreeMap<i64, BTreeMap<TieKind, &Person>> = BTreeMap::new();
    let mut anybody: BTreeMap<TieKind, &Person> = BTreeMap::new();
    for (child, kind, person) in &ties {
        around.entry(*child).or_default().entry(*kind).or_insert(person);
        anybody.entry(*kind).or_insert(person);
    }
    let together = around.into_values().find(|people| people.len() == KINDS.len());
    let mut faces = Vec::new();
    for (kind, person) in together.unwrap_or(anybody) {
        if let Some(phone) = phone_of(&app.vault, person)? {
            faces.push(Face { kind, name: person.name.clone(), phone });
        }
    }
    Ok(faces)
}
