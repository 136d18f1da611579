//! A child's record as it is shown, and as the change history keeps it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::child::{ChildState, ExitReason};
use super::classification::completeness::{Gap, Known, gaps};
use super::classification::facts::CircumstanceKind;
use super::classification::{Label, LabelKind};
use super::household::{AwayFields, MemberFields};
use super::occasion::Occasion;
use super::schooling::Schooling;
use super::store::{self, ChildRow, MemberRow};
use crate::clock::{Instant, age_on};
use crate::crypto::{Purpose, Vault};
use crate::identity::{Person, PhoneState, Sex};
use crate::messaging::phone::Mobile;
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::volunteers::check_in::RiskLevel;

/// A child's record; identity numbers and phones masked, health elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChildRecord {
    pub id: i64,
    /// Goes up with every change of the record; also sent as `ETag`.
    pub version: i64,
    #[schema(example = "王小雨")]
    pub name: String,
    pub sex: Sex,
    pub birth_date: NaiveDate,
    /// Completed years on the day of the answer.
    pub age: i32,
    #[schema(example = "999999**********26")]
    pub identity_number_masked: Option<String>,
    #[schema(example = "139****0009")]
    pub phone_masked: Option<String>,
    pub ethnicity: Option<String>,
    pub rural_registration: bool,
    pub parents_unfindable_since: Option<NaiveDate>,
    pub remark: Option<String>,
    #[schema(example = "990101100201")]
    pub village_code: String,
    pub state: ChildState,
    pub exited_at: Option<Instant>,
    pub exit_reason: Option<ExitReason>,
    pub risk_level: RiskLevel,
    pub confirmed_at: Instant,
    pub household: Household,
    pub schooling: Schooling,
    /// The school, when it is one of our organisations.
    pub school_id: Option<i64>,
    pub circumstances: Vec<CircumstanceView>,
    /// Why the child is on the ledger, with reasons and effective dates.
    pub labels: Vec<Label>,
    /// What nobody has recorded yet and the rules would need.
    pub gaps: Vec<Gap>,
}

/// The household of a child.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Household {
    pub id: i64,
    /// Goes up with every change of the household; changes of it name the version they are based on.
    pub version: i64,
    pub address: Option<String>,
    pub members: Vec<Member>,
}

/// Somebody in the household.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Id of the membership.
    pub id: i64,
    pub person_id: i64,
    #[schema(example = "王大山")]
    pub name: String,
    #[serde(flatten)]
    pub fields: MemberFields,
    /// Where the person works away from home now.
    pub away: Option<AwayFields>,
    /// Where the person is said to work, when nobody wrote since when; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undated_place: Option<String>,
    pub phone_masked: Option<String>,
    pub phone_state: PhoneState,
}

/// A dated circumstance; what was said about it is not shown here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CircumstanceView {
    pub id: i64,
    pub kind: CircumstanceKind,
    pub since: NaiveDate,
    pub until: Option<NaiveDate>,
}

/// What the change history keeps: the record, and the sealed values that it shows masked.
#[derive(Serialize, Deserialize)]
pub struct Snapshot {
    pub record: ChildRecord,
    pub identity_number_sealed: Option<String>,
    pub phone_sealed: Option<String>,
    pub health_sealed: Option<String>,
}

impl ChildRecord {
    /// The kinds of the labels.
    pub fn label_kinds(&self) -> Vec<LabelKind> {
        self.labels.iter().map(|label| label.kind).collect()
    }
}

/// The record of `row` as of now.
pub fn load(conn: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<ChildRecord> {
    let vault = occasion.vault();
    let household = household(conn, occasion, row.household_id)?;
    let (schooling, school_id) = store::facts::schooling(conn, row.id)?;
    let facts = store::facts::load(conn, occasion, row)?;
    let labels = store::labels::current(conn, row.id)?;
    let mut labels = labels.iter().map(|label| label.label(occasion)).collect::<Outcome<Vec<_>>>()?;
    labels.sort_by_key(|label| label.kind);
    let circumstances = store::facts::circumstances(conn, row.id)?.into_iter();
    Ok(ChildRecord {
        id: row.id,
        version: row.version,
        name: row.name.clone(),
        sex: row.sex,
        birth_date: row.birth_date,
        age: age_on(row.birth_date, occasion.today()),
        identity_number_masked: masked_identity(vault, row.identity_number_sealed.as_deref())?,
        phone_masked: masked_phone(vault, row.phone_sealed.as_deref())?,
        ethnicity: row.ethnicity.clone(),
        rural_registration: row.rural_registration,
        parents_unfindable_since: row.parents_unfindable_since,
        remark: vault.open_option(Purpose::Narrative, row.remark_sealed.as_deref())?,
        village_code: row.village_code.clone(),
        state: row.state,
        exited_at: row.exited_at,
        exit_reason: row.exit_reason,
        risk_level: row.risk_level,
        confirmed_at: row.confirmed_at,
        gaps: gaps(&facts, known(row, &household.members, &schooling, occasion)),
        household,
        schooling,
        school_id,
        circumstances: circumstances
            .map(|fact| CircumstanceView { id: fact.id, kind: fact.kind, since: fact.since, until: fact.until })
            .collect(),
        labels,
    })
}

/// A household with its present members.
pub fn household(conn: &mut Conn, occasion: &Occasion<'_>, id: i64) -> Outcome<Household> {
    let (version, address) = store::household::get(conn, occasion, id)?;
    let members = store::household::members(conn, id)?;
    let members = members.into_iter().map(|member| view(occasion.vault(), member)).collect::<Outcome<Vec<_>>>()?;
    Ok(Household { id, version, address, members })
}

/// The snapshot that the change history keeps, as JSON to be sealed.
pub fn snapshot(conn: &mut Conn, occasion: &Occasion<'_>, row: &ChildRow) -> Outcome<String> {
    let snapshot = Snapshot {
        record: load(conn, occasion, row)?,
        identity_number_sealed: row.identity_number_sealed.clone(),
        phone_sealed: row.phone_sealed.clone(),
        health_sealed: store::health::sealed(conn, row.id)?,
    };
    serde_json::to_string(&snapshot).map_err(Fault::internal)
}

/// Opens what [`snapshot`] gave.
pub fn reopen(occasion: &Occasion<'_>, sealed: &str) -> Outcome<Snapshot> {
    let text = occasion.vault().open(Purpose::Snapshot, sealed)?;
    serde_json::from_str(&text).map_err(Fault::internal)
}

fn view(vault: &Vault, (member, person): (MemberRow, Person)) -> Outcome<Member> {
    let away = member.away_since.map(|since| AwayFields {
        place: member.away_place.clone(),
        outside_county: member.away_outside_county,
        since,
    });
    Ok(Member {
        id: member.id,
        person_id: person.id,
        fields: member.fields(),
        undated_place: member.away_place.filter(|_| away.is_none()),
        away,
        phone_masked: masked_phone(vault, person.phone_sealed.as_deref())?,
        phone_state: person.phone_state,
        name: person.name,
    })
}

fn known(row: &ChildRow, members: &[Member], schooling: &Schooling, occasion: &Occasion<'_>) -> Known {
    let age = age_on(row.birth_date, occasion.today());
    Known {
        identity_number: row.identity_number_sealed.is_some(),
        a_parent_phone: members.iter().any(|member| member.fields.kin.is_parent() && member.phone_masked.is_some()),
        carer: members.iter().any(|member| member.fields.cares),
        school: !schooling.is_unknown(),
        of_school_age: (6..16).contains(&age),
        away_without_date: members.iter().any(|member| member.undated_place.is_some()),
    }
}

/// A phone as it may be shown.
pub fn masked_phone(vault: &Vault, sealed: Option<&str>) -> Outcome<Option<String>> {
    let phone = vault.open_option(Purpose::Phone, sealed)?;
    Ok(phone.map(|digits| Mobile::parse(&digits).map_or_else(|_| "****".to_owned(), |mobile| mobile.masked())))
}

/// An identity number as it may be shown.
pub fn masked_identity(vault: &Vault, sealed: Option<&str>) -> Outcome<Option<String>> {
    let number = vault.open_option(Purpose::IdentityNumber, sealed)?;
    Ok(number.map(|digits| {
        format!("{}**********{}", digits.get(..6).unwrap_or_default(), digits.get(16..).unwrap_or_default())
    }))
}
