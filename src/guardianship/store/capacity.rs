//! Capacity assessments.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::guardianship::capacity::{Assessment, CapacityAnswer, Fitness, Questionnaire, Submission};
use crate::guardianship::reasons::Finding;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{capacity_assessments, people};

/// An assessment as stored, with the carer's name.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = capacity_assessments)]
pub(in crate::guardianship) struct StoredAssessment {
    pub id: i64,
    pub child_id: i64,
    pub carer_id: i64,
    pub questionnaire: String,
    pub answers: String,
    pub conclusion: Fitness,
    pub findings: String,
    pub reason_sealed: Option<String>,
    pub assessed_on: NaiveDate,
    pub assessed_by: i64,
}

impl StoredAssessment {
    pub fn answers(&self) -> Outcome<BTreeMap<String, CapacityAnswer>> {
        serde_json::from_str(&self.answers).map_err(Fault::internal)
    }

    pub fn findings(&self) -> Outcome<Vec<Finding>> {
        serde_json::from_str(&self.findings).map_err(Fault::internal)
    }

    pub fn reason(&self, vault: &Vault) -> Outcome<Option<String>> {
        vault.open_option(Purpose::Narrative, self.reason_sealed.as_deref())
    }
}

/// Who was assessed, for which child, by whom.
#[derive(Clone, Copy, Debug)]
pub(in crate::guardianship) struct Assessed {
    pub child_id: i64,
    pub carer_id: i64,
    pub by: i64,
}

pub(in crate::guardianship) fn insert(
    tx: &mut Conn,
    vault: &Vault,
    now: Instant,
    assessed: Assessed,
    submission: &Submission,
    assessment: &Assessment,
) -> Outcome<i64> {
    let json = |value: Result<String, serde_json::Error>| value.map_err(Fault::internal);
    Ok(diesel::insert_into(capacity_assessments::table)
        .values((
            capacity_assessments::child_id.eq(assessed.child_id),
            capacity_assessments::carer_id.eq(assessed.carer_id),
            capacity_assessments::questionnaire.eq(&Questionnaire::current().version),
            capacity_assessments::answers.eq(json(serde_json::to_string(&submission.answers))?),
            capacity_assessments::conclusion.eq(assessment.conclusion),
            capacity_assessments::findings.eq(json(serde_json::to_string(&assessment.findings))?),
            capacity_assessments::reason_sealed
                .eq(vault.seal_option(Purpose::Narrative, submission.reason.as_deref())?),
            capacity_assessments::assessed_on.eq(now.date()),
            capacity_assessments::assessed_by.eq(assessed.by),
            capacity_assessments::created_at.eq(now),
        ))
        .returning(capacity_assessments::id)
        .get_result(tx)?)
}

pub(in crate::guardianship) fn load(conn: &mut Conn, id: i64) -> Outcome<StoredAssessment> {
    Ok(capacity_assessments::table.find(id).select(StoredAssessment::as_select()).first(conn)?)
}

/// The newest assessment of a carer for a child.
pub(in crate::guardianship) fn newest(
    conn: &mut Conn,
    child_id: i64,
    carer_id: i64,
) -> Outcome<Option<StoredAssessment>> {
    Ok(capacity_assessments::table
        .select(StoredAssessment::as_select())
        .filter(capacity_assessments::child_id.eq(child_id))
        .filter(capacity_assessments::carer_id.eq(carer_id))
        .order(capacity_assessments::id.desc())
        .first(conn)
        .optional()?)
}

/// Every assessment made for a child, newest first, with the carer's name.
pub(in crate::guardianship) fn of_child(conn: &mut Conn, child_id: i64) -> Outcome<Vec<(StoredAssessment, String)>> {
    Ok(capacity_assessments::table
        .inner_join(people::table)
        .select((StoredAssessment::as_select(), people::name))
        .filter(capacity_assessments::child_id.eq(child_id))
        .order(capacity_assessments::id.desc())
        .load(conn)?)
}
