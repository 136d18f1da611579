//! Where a child learns (P24, P25): school, grade, boarding, and whether the child is enrolled at all.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::child::clean;
use crate::text_enum;

text_enum! {
    /// How a child stands to school.
    pub enum Enrolment {
        Enrolled = "enrolled",
        Preschool = "preschool",
        NotYet = "not_yet",
        DroppedOut = "dropped_out",
        Vocational = "vocational",
        Finished = "finished",
    }
}

/// What is known of a child's schooling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, utoipa::ToSchema)]
pub struct Schooling {
    #[validate(length(max = 60))]
    #[schema(example = "石桥镇中心小学")]
    pub school: Option<String>,
    #[validate(length(max = 40))]
    #[schema(example = "三年级2班")]
    pub grade: Option<String>,
    pub boarding: Option<bool>,
    pub enrolment: Option<Enrolment>,
}

impl Schooling {
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self { school: clean(self.school.as_deref()), grade: clean(self.grade.as_deref()), ..self }
    }

    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}
