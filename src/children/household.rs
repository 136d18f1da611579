//! The household: who belongs to it, who holds guardianship, who in fact cares, and where each parent is (P1, P22).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::child::{bare_name, clean, is_name, is_sensible, judge_past, parsed, refuse};
use super::classification::facts::{Condition, Kin};
use super::identity_number::IdentityNumber;
use crate::identity::Sex;
use crate::messaging::phone::Mobile;
use crate::problem::Outcome;

/// What is recorded of somebody as a member of a household.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberFields {
    pub kin: Kin,
    /// Parents keep guardianship unless a court took it.
    pub holds_guardianship: bool,
    /// Whether this person in fact looks after the child day by day.
    #[serde(default)]
    pub cares: bool,
    #[serde(default = "able")]
    pub condition: Condition,
    pub condition_since: Option<NaiveDate>,
    /// The end of a sentence or of compulsory rehabilitation.
    pub condition_expected_until: Option<NaiveDate>,
    /// Place in the order of those who are asked when a parent cannot be reached; absent: not asked.
    #[validate(range(min = 1, max = 9))]
    pub backup_order: Option<i64>,
}

fn able() -> Condition {
    Condition::Able
}

impl MemberFields {
    /// Checks the dates as of `today`.
    ///
    /// # Errors
    /// 422 naming each field at fault.
    pub fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        judge_past(&mut faults, "condition_since", self.condition_since, today);
        if self.condition_expected_until.is_some_and(|until| !is_sensible(until)) {
            faults.push(("condition_expected_until", "range"));
        }
        if let (Some(since), Some(until)) = (self.condition_since, self.condition_expected_until)
            && until < since
        {
            faults.push(("condition_expected_until", "date_order"));
        }
        refuse(faults)
    }
}

/// Somebody who is not known to the system yet.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonFields {
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "王大山")]
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    #[validate(length(max = 40))]
    #[schema(example = "13900000009")]
    pub phone: Option<String>,
    #[validate(length(max = 40))]
    pub identity_number: Option<String>,
    #[serde(default = "reads")]
    pub can_read: bool,
}

fn reads() -> bool {
    true
}

/// A person whose fields passed their rules.
#[derive(Clone, Debug)]
pub struct CheckedPerson {
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub phone: Option<Mobile>,
    pub identity_number: Option<IdentityNumber>,
    pub can_read: bool,
}

impl PersonFields {
    /// # Errors
    /// 422 naming each field at fault.
    pub fn check(&self, today: NaiveDate) -> Outcome<CheckedPerson> {
        let mut faults = Vec::new();
        let name = bare_name(&self.name);
        if !is_name(&name) {
            faults.push(("person.name", "name_invalid"));
        }
        judge_past(&mut faults, "person.birth_date", self.birth_date, today);
        let phone = parsed(&mut faults, "person.phone", self.phone.as_deref(), |text| {
            Mobile::parse(text).map_err(|_| "phone_invalid")
        });
        let identity_number = parsed(&mut faults, "person.identity_number", self.identity_number.as_deref(), |text| {
            IdentityNumber::parse(text, today).map_err(|fault| fault.as_str())
        });
        refuse(faults)?;
        let born = self.birth_date.or(identity_number.as_ref().map(IdentityNumber::birth_date));
        Ok(CheckedPerson { name, sex: self.sex, birth_date: born, phone, identity_number, can_read: self.can_read })
    }
}

/// A member to add: somebody known (`person_id`), or somebody new.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    pub person_id: Option<i64>,
    #[validate(nested)]
    pub person: Option<PersonFields>,
    #[validate(nested)]
    pub member: MemberFields,
    /// Where the person works away from home, when they do.
    #[validate(nested)]
    pub away: Option<AwayFields>,
}

/// Work away from home.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AwayFields {
    #[validate(length(max = 100))]
    #[schema(example = "广东省东莞市")]
    pub place: Option<String>,
    pub outside_county: bool,
    pub since: NaiveDate,
}

/// Where somebody is said to work, when nobody knows since when; the place may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndatedPlace {
    pub place: String,
    pub outside_county: bool,
}

/// Coming home: for good, or for a visit (which does not break an absence).
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnFields {
    pub on: NaiveDate,
    pub for_good: bool,
}

impl AwayFields {
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self { place: clean(self.place.as_deref()), ..self }
    }

    /// # Errors
    /// 422 when the day has not come.
    pub fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        judge_past(&mut faults, "since", Some(self.since), today);
        refuse(faults)
    }
}

impl ReturnFields {
    /// # Errors
    /// 422 when the day has not come.
    pub fn check(&self, today: NaiveDate) -> Outcome<()> {
        let mut faults = Vec::new();
        judge_past(&mut faults, "on", Some(self.on), today);
        refuse(faults)
    }
}
