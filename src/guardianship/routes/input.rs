//! What comes in, and its limits.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use crate::guardianship::agreement::CarerKind;
use crate::guardianship::drafting::{ProposedCarer, Wanted};
use crate::guardianship::remuneration::Terms;
use crate::guardianship::store::agreement::Details;
use crate::guardianship::text::LivingCosts;
use crate::identity::{NewPerson, Sex};
use crate::messaging::phone::Mobile;
use crate::problem::{Outcome, Problem};

/// Neither empty nor holding characters that have no place in words.
pub(super) fn words(text: &str) -> Result<(), ValidationError> {
    let unfit = text.trim().is_empty() || text.chars().any(|c| c.is_control() && c != '\n');
    if unfit { Err(ValidationError::new("required")) } else { Ok(()) }
}

/// The person who is to care: somebody on record, or somebody new.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarerBody {
    pub person_id: Option<i64>,
    #[validate(length(max = 50, code = "length"), custom(function = "words"))]
    #[schema(example = "赵桂兰")]
    pub name: Option<String>,
    pub sex: Option<Sex>,
    pub birth_date: Option<NaiveDate>,
    #[validate(length(max = 30, code = "length"))]
    pub phone: Option<String>,
    /// Whether the person reads; whoever does not has the text read aloud before signing.
    pub can_read: Option<bool>,
}

/// The terms of an agreement.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsBody {
    pub term_from: NaiveDate,
    /// The last day; at most twelve months.
    pub term_until: NaiveDate,
    /// Why the parents cannot care themselves.
    #[validate(length(max = 200, code = "length"), custom(function = "words"))]
    #[schema(example = "外出务工")]
    pub reason: String,
    /// What the carer is to the child, in the family's word.
    #[validate(length(max = 20, code = "length"), custom(function = "words"))]
    #[schema(example = "奶奶")]
    pub relation: Option<String>,
    /// What else is agreed for every day.
    #[validate(length(max = 500, code = "length"))]
    pub daily: Option<String>,
    /// What to heed about the child's health.
    #[validate(length(max = 500, code = "length"))]
    pub health: Option<String>,
    /// What the parents send for living, and by which day of the month.
    pub living_costs: Option<LivingCosts>,
    /// The carer's pay, apart from living costs.
    pub remuneration: Option<Terms>,
}

/// A new agreement.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    pub child_id: i64,
    pub kind: CarerKind,
    #[validate(nested)]
    pub carer: CarerBody,
    #[validate(nested)]
    pub terms: TermsBody,
}

impl TermsBody {
    /// # Errors
    /// 422 for amounts that make no sense.
    fn checked(&self) -> Outcome<()> {
        let costs_fit = self
            .living_costs
            .is_none_or(|costs| (1..=10_000_000).contains(&costs.amount_fen) && (1..=28).contains(&costs.day));
        if !costs_fit {
            return Err(Problem::field("living_costs", "range").into());
        }
        if self.remuneration.is_some_and(|terms| !terms.is_sensible()) {
            return Err(Problem::field("remuneration", "remuneration_not_sensible").into());
        }
        Ok(())
    }

    fn details(&self) -> Details {
        let given = |words: &Option<String>| words.clone().filter(|words| !words.trim().is_empty());
        Details {
            reason: self.reason.clone(),
            relation: given(&self.relation),
            daily: given(&self.daily),
            health: given(&self.health),
            living_costs: self.living_costs,
        }
    }

    /// The terms for a child and carer that are known.
    pub(super) fn wanted(&self, child_id: i64, carer_id: i64, kind: CarerKind) -> Outcome<Wanted> {
        self.checked()?;
        Ok(Wanted {
            child_id,
            carer: ProposedCarer::Known(carer_id),
            kind,
            term_from: self.term_from,
            term_until: self.term_until,
            details: self.details(),
            terms: self.remuneration,
        })
    }
}

impl DraftBody {
    pub(super) fn wanted(&self) -> Outcome<Wanted> {
        let carer = self.carer.proposed()?;
        Ok(Wanted { carer, ..self.terms.wanted(self.child_id, 0, self.kind)? })
    }
}

impl CarerBody {
    fn proposed(&self) -> Outcome<ProposedCarer> {
        if let Some(id) = self.person_id {
            return Ok(ProposedCarer::Known(id));
        }
        let missing = |field: &str| Problem::field(format!("carer.{field}"), "required");
        let phone = self.phone.as_deref().filter(|phone| !phone.trim().is_empty()).map(Mobile::parse).transpose();
        Ok(ProposedCarer::New(Box::new(NewPerson {
            name: self.name.clone().ok_or_else(|| missing("name"))?.trim().to_owned(),
            sex: self.sex.ok_or_else(|| missing("sex"))?,
            birth_date: Some(self.birth_date.ok_or_else(|| missing("birth_date"))?),
            area_code: None,
            phone: phone
                .map_err(|_| Problem::field("carer.phone", "phone_invalid"))?
                .map(|mobile| mobile.digits().to_owned()),
            identity_number: None,
            email: None,
            language: None,
            can_read: self.can_read.unwrap_or(true),
        })))
    }
}
