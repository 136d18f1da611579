//! What earlier rows of the same file said about a family: siblings stand in several rows, and the first one counts.
//! Without this, two rows that contradict each other would change the ledger to and fro, every time anew.

use std::collections::BTreeMap;

use super::family::standing;
use super::held::HeldHome;
use crate::children::sheet::{LedgerRow, Person};

/// Something of a household or a person that a row can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Address { household: i64 },
    Phone { person: i64 },
    IdentityNumber { person: i64 },
    Name { person: i64 },
    Kin { member: i64 },
    Condition { member: i64 },
    Place { member: i64 },
    Since { member: i64 },
}

/// Topics with the number of the row that spoke of them first.
#[derive(Clone, Debug, Default)]
pub struct Said(BTreeMap<Topic, u32>);

impl Said {
    /// The earlier row that told about `topic`.
    pub fn by(&self, topic: Topic) -> Option<u32> {
        self.0.get(&topic).copied()
    }

    /// Notes what `row` told about the household, which is as the row left it.
    pub fn note(&mut self, row: &LedgerRow, home: &HeldHome) {
        if let (Some(household), Some(_)) = (home.id, &row.child.address) {
            self.first(row, Topic::Address { household });
        }
        for who in [Person::Father, Person::Mother, Person::Carer] {
            let cells = row.adult(who);
            let Some(adult) = standing(home, who, cells).held() else { continue };
            let (person, member) = (adult.person_id, adult.member_id);
            let topics = [
                (cells.name.is_some(), Topic::Name { person }),
                (!cells.phones.is_empty(), Topic::Phone { person }),
                (cells.identity_number.is_some(), Topic::IdentityNumber { person }),
                (cells.kin.is_some(), Topic::Kin { member }),
                (cells.condition.is_some(), Topic::Condition { member }),
                (cells.place.is_some(), Topic::Place { member }),
                (cells.away_since.is_some(), Topic::Since { member }),
            ];
            for (_, topic) in topics.into_iter().filter(|(told, _)| *told) {
                self.first(row, topic);
            }
        }
    }

    fn first(&mut self, row: &LedgerRow, topic: Topic) {
        self.0.entry(topic).or_insert(row.number);
    }
}
