//! Written notice that a child is in entrusted care (Minor Protection Law art. 23): to its school and to the
//! village where it lives; each must acknowledge.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::text_enum;

/// Days in which a notice is to be acknowledged (our choice).
pub const ACKNOWLEDGE_WITHIN_DAYS: i64 = 3;

text_enum! {
    /// To whom the law sends the notice.
    pub enum NoticeTo {
        School = "school",
        Village = "village",
    }
}

/// The body that receives a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Addressee {
    pub to: NoticeTo,
    /// The school, or the village committee where one is on record.
    pub organisation_id: Option<i64>,
    pub area_code: String,
}

/// What decides who is told.
#[derive(Clone, Debug)]
pub struct NoticeFacts {
    /// School or kindergarten the child attends, and where it stands.
    pub school: Option<(i64, String)>,
    /// The village in which the child lives, and its committee if on record.
    pub village_code: String,
    pub village_committee: Option<i64>,
}

/// Who must be told when an agreement comes in force. A child without school has only the village to be told.
pub fn addressees(facts: &NoticeFacts) -> Vec<Addressee> {
    let school = facts.school.as_ref().map(|(id, area_code)| Addressee {
        to: NoticeTo::School,
        organisation_id: Some(*id),
        area_code: area_code.clone(),
    });
    let village = Addressee {
        to: NoticeTo::Village,
        organisation_id: facts.village_committee,
        area_code: facts.village_code.clone(),
    };
    school.into_iter().chain([village]).collect()
}

/// The moment by which a notice issued at `issued` is to be acknowledged.
pub fn acknowledge_by(issued: Instant) -> Instant {
    issued.plus_days(ACKNOWLEDGE_WITHIN_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn school_and_village_are_told_and_a_child_without_school_has_only_the_village() {
        let facts = NoticeFacts {
            school: Some((5, "999901".into())),
            village_code: "999901001001".into(),
            village_committee: None,
        };
        let to: Vec<_> = addressees(&facts).into_iter().map(|addressee| addressee.to).collect();
        assert_eq!(to, [NoticeTo::School, NoticeTo::Village]);
        assert_eq!(addressees(&NoticeFacts { school: None, ..facts }).len(), 1);
    }

    #[test]
    fn three_days_to_acknowledge() {
        let issued = Instant::from_millis(1_790_000_000_000);
        assert_eq!(acknowledge_by(issued).since(issued).num_hours(), 72);
    }
}
