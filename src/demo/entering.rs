//! Stand-in until ledgers are imported.

use super::{Ground, families, numbers};
use crate::app::App;
use crate::children::child::ChildFields;
use crate::children::household::{AwayFields, MemberFields, PersonFields};
use crate::children::ledger::{self, Cause, HouseholdWanted, MemberWanted, NewChild, PersonWanted};
use crate::children::Occasion;
use crate::children::classification::facts::{Condition, Kin};
use crate::children::schooling::Schooling;
use crate::clock::Instant;
use crate::problem::Outcome;
use crate::storage::Conn;

pub fn enter(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let mut numbers = numbers::Numbers::default();
    for (place, village) in ground.county.villages().enumerate() {
        let at = super::handed_in(now, place);
        let occasion = Occasion::of(app, at, None);
        for family in families::of_village(ground, &mut numbers, place, at.date()) {
            let mut household = None;
            for child in &family.children {
                let member = |adult: &families::Adult, kin, guardian, cares| -> Outcome<MemberWanted> {
                    Ok(MemberWanted {
                        person: PersonWanted::Described(
                            PersonFields {
                                name: adult.name.clone(), sex: adult.sex, birth_date: Some(adult.born),
                                phone: adult.phone.clone(), identity_number: Some(adult.identity_number.clone()), can_read: true,
                            }
                            .check(at.date())?,
                        ),
                        fields: MemberFields {
                            kin, holds_guardianship: guardian, cares, condition: adult.condition,
                            condition_since: (adult.condition != Condition::Able).then(|| at.plus_days(-400).date()),
                            condition_expected_until: None, backup_order: None,
                        },
                        away: adult.away.clone().map(|(place, since)| AwayFields { place: Some(place), outside_county: true, since }),
                    })
                };
                let mut members = Vec::new();
                if household.is_none() {
                    members.push(member(&family.father, Kin::Father, true, false)?);
                    members.push(member(&family.mother, Kin::Mother, true, false)?);
                    if let Some(carer) = &family.carer {
                        members.push(member(&carer.adult, carer.kin, false, true)?);
                    }
                }
                let fields = ChildFields {
                    name: child.name.clone(), sex: child.sex, birth_date: child.born,
                    identity_number: Some(child.identity_number.clone()), phone: None, ethnicity: None,
                    rural_registration: family.rural, parents_unfindable_since: None, remark: None,
                };
                let new = NewChild {
                    village_code: village.code.clone(),
                    household: household.map_or(HouseholdWanted::New { address: None }, HouseholdWanted::Existing),
                    child: fields.check(at.date())?, members, schooling: Schooling::default(), school_id: None,
                    circumstances: Vec::new(), health: None,
                };
                household = Some(ledger::add(tx, &occasion, &new, Cause::Added)?.household_id);
            }
        }
    }
    Ok(())
}
