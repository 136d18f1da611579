//! What the parties are told apart from their duties: the signing code, that it is in force, that it is not made or over.

use serde_json::{Value, json};

use super::act::Act;
use super::agreement::{AgreementEnd, PartyRole};
use super::store::agreement::{self as kept, Agreement, Party};
use super::store::family;
use crate::clock::Instant;
use crate::identity::codes::Issued;
use crate::identity::{person, phone_of};
use crate::messaging::{NewMessage, Recipient, Urgency, post, wording};
use crate::problem::Outcome;
use crate::storage::Conn;

/// The one-time code, to the number itself.
pub(super) fn post_code(tx: &mut Conn, act: &Act, agreement: &Agreement, number: &str, issued: &Issued) -> Outcome<()> {
    let minutes = act.config.identity.code_minutes.to_string();
    let message = NewMessage {
        occasion_key: format!("code:{}", issued.id),
        to: Recipient::Phone(number.to_owned()),
        template: "code/signing".into(),
        urgency: Urgency::Asked,
        data: json!({ "code": issued.code, "minutes": minutes }),
        child_id: Some(agreement.child_id),
        area_code: Some(agreement.village_code.clone()),
        not_before: act.now,
        expires_at: Some(issued.expires_at),
    };
    post(tx, &act.vault, act.now, &message)?;
    Ok(())
}

/// To parents and carer: it is in force.
pub(super) fn in_force(tx: &mut Conn, act: &Act, agreement: &Agreement, parties: &[Party]) -> Outcome<()> {
    let carer = person(tx, agreement.carer_id)?;
    let facts = json!({ "who": wording::salutation(&carer.name, carer.sex, None) });
    tell(tx, act, agreement, "notice/agreement_in_force", facts, &family_of(parties))
}

/// To parents and carer: it was not made.
pub(super) fn not_made(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    let parties = kept::parties(tx, agreement.id)?;
    tell(tx, act, agreement, "notice/agreement_declined", json!({}), &family_of(&parties))
}

/// To parents and carer: it is over. Nobody is written to about a dead child or by reason of violence, and a new
/// version speaks for itself.
pub(super) fn ended(tx: &mut Conn, act: &Act, agreement: &Agreement, why: AgreementEnd) -> Outcome<()> {
    if !why.is_told() {
        return Ok(());
    }
    let parties = kept::parties(tx, agreement.id)?;
    let facts = json!({ "due": wording::day(act.now) });
    tell(tx, act, agreement, "notice/agreement_ended", facts, &family_of(&parties))
}

fn family_of(parties: &[Party]) -> Vec<i64> {
    parties
        .iter()
        .filter(|party| matches!(party.role, PartyRole::Parent | PartyRole::Carer))
        .filter_map(|party| party.person_id)
        .collect()
}

fn tell(tx: &mut Conn, act: &Act, agreement: &Agreement, template: &str, facts: Value, people: &[i64]) -> Outcome<()> {
    let helper = helper(tx, act, &agreement.village_code)?;
    let name = family::child(tx, agreement.child_id)?.name;
    for person_id in people {
        let told = person(tx, *person_id)?;
        if told.deceased_on.is_some() {
            continue;
        }
        let mut data = facts.clone();
        if let Some(facts) = data.as_object_mut() {
            facts.insert("to".to_owned(), wording::salutation(&told.name, told.sex, None).into());
        }
        if let Some(facts) = data.as_object_mut() {
            facts.insert("child".to_owned(), wording::child_label(&name, 0, 1, false).into());
        }
        if let Some(facts) = data.as_object_mut() {
            facts.insert("helper".to_owned(), helper.clone().into());
        }
        let message = NewMessage {
            occasion_key: format!("{template}:{}:{person_id}", agreement.id),
            to: Recipient::Person(*person_id),
            template: template.into(),
            urgency: Urgency::Routine,
            data,
            child_id: Some(agreement.child_id),
            area_code: Some(agreement.village_code.clone()),
            not_before: act.now,
            expires_at: Some(a_month_after(act.now)),
        };
        post(tx, &act.vault, act.now, &message)?;
    }
    Ok(())
}

fn a_month_after(now: Instant) -> Instant {
    now.plus_days(30)
}

fn helper(conn: &mut Conn, act: &Act, village_code: &str) -> Outcome<String> {
    let director = family::director(conn, village_code, act.today())?;
    let number = director.as_ref().map(|director| phone_of(&act.vault, director)).transpose()?.flatten();
    Ok(wording::helper(director.as_ref().map(|director| (director.name.as_str(), director.sex)), number.as_deref()))
}
