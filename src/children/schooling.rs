//! Where a child learns (P24, P25): school, grade, boarding, and whether the child is enrolled at all.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Schooling {
    pub school: Option<String>,
    pub grade: Option<String>,
    pub boarding: Option<bool>,
    pub enrolment: Option<Enrolment>,
}

impl Schooling {
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}
