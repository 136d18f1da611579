//! A child on the ledger: state, and the fields that a person may write.
//!
//! ```text
//!  added ──▶ active ──▶ exited (locked; every duty closed, every tie ended)
//!              ▲           │ restored by the township
//!              └───────────┘
//! ```

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::identity_number::IdentityNumber;
use crate::clock::age_on;
use crate::identity::Sex;
use crate::messaging::phone::Mobile;
use crate::problem::{Outcome, Problem};
use crate::text_enum;

text_enum! {
    pub enum ChildState {
        Active = "active",
        Exited = "exited",
    }
}

text_enum! {
    /// Why a child left the ledger.
    pub enum ExitReason {
        AgedOut = "aged_out",
        MovedAway = "moved_away",
        Died = "died",
        /// No label holds any more, and the village wishes to end the record.
        DifficultyEnded = "difficulty_ended",
        RegisteredInError = "registered_in_error",
        Other = "other",
    }
}

/// The fields of a child's own.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildFields {
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "王小雨")]
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    /// Eighteen digits; kept sealed. Absent: the stored one stays.
    #[validate(length(max = 40))]
    #[schema(example = "999999201705200026")]
    pub identity_number: Option<String>,
    /// The child's own phone. Absent: the stored one stays.
    #[validate(length(max = 40))]
    pub phone: Option<String>,
    #[validate(length(max = 20))]
    #[schema(example = "汉族")]
    pub ethnicity: Option<String>,
    #[serde(default = "yes")]
    pub rural_registration: bool,
    /// Since when it is established that no parent can be found.
    pub parents_unfindable_since: Option<NaiveDate>,
    #[validate(length(max = 1000))]
    pub remark: Option<String>,
}

fn yes() -> bool {
    true
}

/// Fields that passed their rules.
#[derive(Clone, Debug)]
pub struct CheckedChild {
    pub fields: ChildFields,
    pub identity_number: Option<IdentityNumber>,
    pub phone: Option<Mobile>,
}

impl ChildFields {
    /// Checks the fields against each other as of `today`.
    ///
    /// # Errors
    /// 422 naming each field at fault.
    pub fn check(mut self, today: NaiveDate) -> Outcome<CheckedChild> {
        let mut faults: Vec<(&str, &str)> = Vec::new();
        self.name = bare_name(&self.name);
        if !is_name(&self.name) {
            faults.push(("name", "name_invalid"));
        }
        judge_past(&mut faults, "birth_date", Some(self.birth_date), today);
        if is_sensible(self.birth_date) && age_on(self.birth_date, today) >= 18 {
            faults.push(("birth_date", "not_a_minor"));
        }
        judge_past(&mut faults, "parents_unfindable_since", self.parents_unfindable_since, today);
        self.ethnicity = clean(self.ethnicity.as_deref());
        let number = parsed(&mut faults, "identity_number", self.identity_number.as_deref(), |text| {
            IdentityNumber::parse(text, today).map_err(|fault| fault.as_str())
        });
        if let Some(number) = &number {
            if number.birth_date() != self.birth_date {
                faults.push(("birth_date", "birth_contradicts_identity"));
            }
            if number.sex() != self.sex {
                faults.push(("sex", "sex_contradicts_identity"));
            }
        }
        let phone = parsed(&mut faults, "phone", self.phone.as_deref(), |text| {
            Mobile::parse(text).map_err(|_| "phone_invalid")
        });
        refuse(faults)?;
        Ok(CheckedChild { fields: self, identity_number: number, phone })
    }
}

/// `text` without characters that nobody sees; `None` when nothing is left.
pub fn clean(text: Option<&str>) -> Option<String> {
    let text: String = text?.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Joins a fault to `faults` for a day that is after today, or before anybody's grandparents.
pub fn judge_past<'a>(
    faults: &mut Vec<(&'a str, &'static str)>,
    field: &'a str,
    day: Option<NaiveDate>,
    today: NaiveDate,
) {
    match day {
        Some(day) if day > today => faults.push((field, "date_in_future")),
        Some(day) if !is_sensible(day) => faults.push((field, "range")),
        _ => {}
    }
}

/// Whether a day lies in the years that this system can speak of.
pub fn is_sensible(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1900..=2200).contains(&day.year())
}

/// Parses a field that was given and is not blank; what is wrong joins `faults`.
pub fn parsed<T>(
    faults: &mut Vec<(&'static str, &'static str)>,
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    parse(text).map_err(|code| faults.push((field, code))).ok()
}

/// # Errors
/// 422 with all `faults`, when there is one.
pub fn refuse(faults: Vec<(&str, &str)>) -> Outcome<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let problem = Problem::of("invalid_input");
    Err(faults.into_iter().fold(problem, |problem, (field, code)| problem.and_field(field, code)).into())
}

/// A name without blanks inside and without what stands in brackets behind it.
pub fn bare_name(written: &str) -> String {
    let name = written.split(['(', '（', '[', '【']).next().unwrap_or_default();
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    if latin { name.split_whitespace().collect::<Vec<_>>().join(" ") } else { name.split_whitespace().collect() }
}

/// Whether `name` could be a person's name: letters of any script and the dot between the parts of a name.
pub fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let allowed = |c: char| c.is_alphabetic() || matches!(c, '·' | '•' | '．' | '.' | ' ');
    letters >= 1 && name.chars().count() <= 40 && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> ChildFields {
        ChildFields {
            name: " 王 小雨 ".into(),
            sex: Sex::Female,
            birth_date: NaiveDate::from_ymd_opt(2017, 5, 20).unwrap(),
            identity_number: None,
            phone: None,
            ethnicity: None,
            rural_registration: true,
            parents_unfindable_since: None,
            remark: None,
        }
    }

    fn codes(fields: ChildFields) -> Vec<String> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        match fields.check(today) {
            Ok(_) => Vec::new(),
            Err(crate::problem::Fault::Problem(problem)) => {
                problem.document().errors.into_iter().map(|error| format!("{} {}", error.field, error.code)).collect()
            }
            Err(other) => vec![other.to_string()],
        }
    }

    #[test]
    fn a_name_loses_its_blanks_and_nothing_else() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        assert_eq!(fields().check(today).unwrap().fields.name, "王小雨");
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let wrong = ChildFields {
            name: "王3".into(),
            birth_date: NaiveDate::from_ymd_opt(2007, 5, 20).unwrap(),
            identity_number: Some("11010519491231002X".into()),
            phone: Some("12".into()),
            ..fields()
        };
        assert_eq!(
            codes(wrong),
            [
                "name name_invalid",
                "birth_date not_a_minor",
                "birth_date birth_contradicts_identity",
                "phone phone_invalid"
            ]
        );
    }
}
