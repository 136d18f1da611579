//! Which duties the records of entrusted care give rise to, and when each is due.
//!
//! | duty | owed by | about | due |
//! |---|---|---|---|
//! | consent_or_host | village | agreement | 5 working days: to consent, and again to host the signing |
//! | sign_agreement | each unsigned party (the village for a child) | party | 7 days after it was sent |
//! | renew_agreement | parents and carer | agreement | end of term |
//! | acknowledge_notice | school, village | notice | 3 days |
//! | change_carer | each guardian | demand | 15 days |
//! | hand_over | village | hand-over | 3 days |
//! | close_guardianship_gap | village | child | at once |
//! | pay_remuneration | guardians, or the township | agreement | end of the first unpaid period |

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::act::Act;
use super::agreement::{AgreementState, PartyRole};
use super::paying;
use super::remuneration::{Payer, next_unpaid};
use super::store::agreement::{Agreement, Party};
use super::store::following::CarerChange;
use super::store::notice::Notice;
use super::store::{agreement, family, payment};
use crate::clock::Instant;
use crate::duties::{self, ClosedHow, DutyKind, NewDuty, Owed, Subject};
use crate::identity::PostKind;
use crate::problem::Outcome;
use crate::storage::Conn;

/// The kinds that this slice opens and closes.
pub const KINDS: [DutyKind; 8] = [
    DutyKind::ConsentOrHost,
    DutyKind::SignAgreement,
    DutyKind::RenewAgreement,
    DutyKind::AcknowledgeNotice,
    DutyKind::ChangeCarer,
    DutyKind::HandOver,
    DutyKind::CloseGuardianshipGap,
    DutyKind::PayRemuneration,
];

pub(super) fn agreement_subject(id: i64) -> Subject {
    Subject { kind: "agreement", id }
}

pub(super) fn party_subject(id: i64) -> Subject {
    Subject { kind: "agreement_party", id }
}

pub(super) fn notice_subject(id: i64) -> Subject {
    Subject { kind: "care_notice", id }
}

pub(super) fn change_subject(id: i64) -> Subject {
    Subject { kind: "carer_change", id }
}

pub(super) fn hand_over_subject(id: i64) -> Subject {
    Subject { kind: "hand_over", id }
}

pub(super) fn child_subject(id: i64) -> Subject {
    Subject { kind: "child", id }
}

const VILLAGE: Owed = Owed::Post(PostKind::VillageDirector);

/// `days` working days (Monday to Friday) after `from`, at the same time of day.
pub fn after_working_days(from: Instant, days: i64) -> Instant {
    let mut day = from.date();
    let mut left = days;
    while left > 0 {
        let Some(next) = day.succ_opt() else { break };
        day = next;
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    Instant::at_local(day, from.time_of_day())
}

/// The moment on `day` at which something that ends that day is due: nine in the morning.
fn morning_of(day: NaiveDate) -> Instant {
    Instant::at_local(day, NaiveTime::from_hms_opt(9, 0, 0).unwrap_or(NaiveTime::MIN))
}

fn about(agreement: &Agreement, kind: DutyKind, subject: Subject, owed_by: Owed, due_at: Instant) -> NewDuty {
    NewDuty {
        kind,
        subject,
        child_id: Some(agreement.child_id),
        area_code: agreement.village_code.clone(),
        owed_by,
        due_at,
        audience: Vec::new(),
    }
}

/// The village is to consent, or to host a signing.
pub(super) fn open_consent_or_host(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    let due = after_working_days(act.now, act.due_days(DutyKind::ConsentOrHost));
    let duty = about(agreement, DutyKind::ConsentOrHost, agreement_subject(agreement.id), VILLAGE, due);
    duties::open(tx, act.now, &duty)?;
    Ok(())
}

pub(super) fn close_consent_or_host(tx: &mut Conn, act: &Act, agreement_id: i64, how: ClosedHow) -> Outcome<()> {
    duties::close(tx, act.now, DutyKind::ConsentOrHost, agreement_subject(agreement_id), VILLAGE, how)?;
    Ok(())
}

/// Who owes a party's signature: the person; for a child, the village that is to host it.
fn signer(party: &Party) -> Owed {
    party.person_id.map_or(VILLAGE, Owed::Person)
}

pub(super) fn open_signing(tx: &mut Conn, act: &Act, agreement: &Agreement, parties: &[Party]) -> Outcome<()> {
    let due = act.now.plus_days(act.due_days(DutyKind::SignAgreement));
    for party in parties {
        let duty = about(agreement, DutyKind::SignAgreement, party_subject(party.id), signer(party), due);
        duties::open(tx, act.now, &duty)?;
    }
    Ok(())
}

pub(super) fn close_signing(tx: &mut Conn, act: &Act, party: &Party, how: ClosedHow) -> Outcome<()> {
    duties::close(tx, act.now, DutyKind::SignAgreement, party_subject(party.id), signer(party), how)?;
    Ok(())
}

/// Parents and carer are to think of what comes after the term.
pub(super) fn open_renewal(tx: &mut Conn, act: &Act, agreement: &Agreement, parties: &[Party]) -> Outcome<()> {
    let due = morning_of(agreement.term_until);
    for person in renewers(parties) {
        let duty =
            about(agreement, DutyKind::RenewAgreement, agreement_subject(agreement.id), Owed::Person(person), due);
        duties::open(tx, act.now, &duty)?;
    }
    Ok(())
}

fn renewers(parties: &[Party]) -> impl Iterator<Item = i64> {
    parties
        .iter()
        .filter(|party| matches!(party.role, PartyRole::Parent | PartyRole::Carer))
        .filter_map(|party| party.person_id)
}

pub(super) fn open_acknowledgement(tx: &mut Conn, act: &Act, agreement: &Agreement, notice: &Notice) -> Outcome<()> {
    let due = act.now.plus_days(act.due_days(DutyKind::AcknowledgeNotice));
    let duty = about(agreement, DutyKind::AcknowledgeNotice, notice_subject(notice.id), receiver(notice), due);
    duties::open(tx, act.now, &duty)?;
    Ok(())
}

pub(super) fn close_acknowledgement(tx: &mut Conn, act: &Act, notice: &Notice, how: ClosedHow) -> Outcome<()> {
    duties::close(tx, act.now, DutyKind::AcknowledgeNotice, notice_subject(notice.id), receiver(notice), how)?;
    Ok(())
}

/// A school owes as an organisation; a village through its director, whether or not its committee is on record.
fn receiver(notice: &Notice) -> Owed {
    match (notice.addressee, notice.organisation_id) {
        (super::notice::NoticeTo::School, Some(id)) => Owed::Organisation(id),
        _ => VILLAGE,
    }
}

/// The guardians are to find another carer.
pub(super) fn open_change(tx: &mut Conn, act: &Act, change: &CarerChange, guardians: &[i64]) -> Outcome<()> {
    for guardian in guardians {
        let duty = NewDuty {
            kind: DutyKind::ChangeCarer,
            subject: change_subject(change.id),
            child_id: Some(change.child_id),
            area_code: change.village_code.clone(),
            owed_by: Owed::Person(*guardian),
            due_at: change.due_at,
            audience: Vec::new(),
        };
        duties::open(tx, act.now, &duty)?;
    }
    Ok(())
}

pub(super) fn open_hand_over(tx: &mut Conn, act: &Act, agreement: &Agreement, id: i64, due_at: Instant) -> Outcome<()> {
    let duty = about(agreement, DutyKind::HandOver, hand_over_subject(id), VILLAGE, due_at);
    duties::open(tx, act.now, &duty)?;
    Ok(())
}

/// A child whom nobody has care of; the village is the one where the child is now.
pub(super) fn open_gap(tx: &mut Conn, act: &Act, child_id: i64, village_code: &str) -> Outcome<()> {
    let standing = duties::open_of(tx, DutyKind::CloseGuardianshipGap, child_subject(child_id))?;
    if standing.iter().any(|duty| duty.area_code == village_code) {
        return Ok(());
    }
    let moved = ClosedHow::Superseded;
    duties::close(tx, act.now, DutyKind::CloseGuardianshipGap, child_subject(child_id), VILLAGE, moved)?;
    let duty = NewDuty {
        kind: DutyKind::CloseGuardianshipGap,
        subject: child_subject(child_id),
        child_id: Some(child_id),
        area_code: village_code.to_owned(),
        owed_by: VILLAGE,
        due_at: act.now,
        audience: Vec::new(),
    };
    duties::open(tx, act.now, &duty)?;
    Ok(())
}

pub(super) fn close_gap(tx: &mut Conn, act: &Act, child_id: i64) -> Outcome<()> {
    duties::close(tx, act.now, DutyKind::CloseGuardianshipGap, child_subject(child_id), VILLAGE, ClosedHow::Met)?;
    Ok(())
}

/// Opens the duty to pay the first unpaid period, for each who owes it. Nothing when all is paid or nothing is owed.
pub(super) fn open_pay(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    let Some(due) = next_pay_due(tx, agreement)? else { return Ok(()) };
    for owed_by in payers(tx, agreement)? {
        let duty = about(agreement, DutyKind::PayRemuneration, agreement_subject(agreement.id), owed_by, due);
        duties::open(tx, act.now, &duty)?;
    }
    Ok(())
}

fn next_pay_due(conn: &mut Conn, agreement: &Agreement) -> Outcome<Option<Instant>> {
    let paid = payment::periods(&payment::of(conn, agreement)?);
    Ok(next_unpaid(&paying::agreed(agreement), &paid).map(|period| morning_of(period.until)))
}

fn payers(conn: &mut Conn, agreement: &Agreement) -> Outcome<Vec<Owed>> {
    if agreement.payer == Some(Payer::Township) {
        return Ok(vec![Owed::Post(PostKind::TownshipSupervisor)]);
    }
    let parties = agreement::parties(conn, agreement.id)?;
    let parents = parties.iter().filter(|party| party.role == PartyRole::Parent);
    Ok(parents.filter_map(|party| party.person_id).map(Owed::Person).collect())
}

/// The duties that the records call for on `today`, derived afresh: nothing of it is remembered.
pub fn expected(conn: &mut Conn, today: NaiveDate) -> Outcome<Vec<duties::Expected>> {
    let mut expected = Vec::new();
    for agreement in agreement::alive(conn)? {
        expected.extend(of_agreement(conn, &agreement)?);
    }
    for notice in super::store::notice::unacknowledged(conn)? {
        expected.push(expect(DutyKind::AcknowledgeNotice, notice_subject(notice.id), receiver(&notice)));
    }
    for change in super::store::following::all_open_changes(conn)? {
        let family = family::family(conn, change.child_id)?;
        let subject = change_subject(change.id);
        expected.extend(
            family.guardians().map(|member| expect(DutyKind::ChangeCarer, subject, Owed::Person(member.person.id))),
        );
    }
    for id in super::store::following::open_hand_overs(conn)? {
        expected.push(expect(DutyKind::HandOver, hand_over_subject(id), VILLAGE));
    }
    for (child_id, ..) in super::store::cover::uncovered(conn, None, today, 0, i64::MAX)? {
        expected.push(expect(DutyKind::CloseGuardianshipGap, child_subject(child_id), VILLAGE));
    }
    Ok(expected)
}

fn expect(kind: DutyKind, subject: Subject, owed_by: Owed) -> duties::Expected {
    duties::Expected { kind, subject, owed_by }
}

fn of_agreement(conn: &mut Conn, agreement: &Agreement) -> Outcome<Vec<duties::Expected>> {
    let subject = agreement_subject(agreement.id);
    let parties = agreement::parties(conn, agreement.id)?;
    let mut expected = Vec::new();
    match agreement.state {
        AgreementState::Assessed if agreement.kind.needs_consent() => {
            expected.push(expect(DutyKind::ConsentOrHost, subject, VILLAGE));
        }
        AgreementState::AwaitingSignatures => {
            let unsigned: Vec<&Party> = parties.iter().filter(|party| party.signed_at.is_none()).collect();
            if agreement.kind.needs_hosting() && unsigned.iter().any(|party| party.role == PartyRole::Carer) {
                expected.push(expect(DutyKind::ConsentOrHost, subject, VILLAGE));
            }
            expected.extend(
                unsigned.iter().map(|party| expect(DutyKind::SignAgreement, party_subject(party.id), signer(party))),
            );
        }
        AgreementState::InForce => {
            let followed = agreement::successor(conn, agreement.id)?.is_some();
            if !followed {
                expected.extend(
                    renewers(&parties).map(|person| expect(DutyKind::RenewAgreement, subject, Owed::Person(person))),
                );
            }
            if next_pay_due(conn, agreement)?.is_some() {
                expected.extend(
                    payers(conn, agreement)?.into_iter().map(|owed| expect(DutyKind::PayRemuneration, subject, owed)),
                );
            }
        }
        _ => {}
    }
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_working_days_pass_over_the_weekend() {
        let thursday: Instant = "2026-11-26T10:00:00+08:00".parse().unwrap();
        assert_eq!(after_working_days(thursday, 5).to_string(), "2026-12-03T10:00:00.000+08:00");
        let saturday: Instant = "2026-11-28T10:00:00+08:00".parse().unwrap();
        assert_eq!(after_working_days(saturday, 1).to_string(), "2026-11-30T10:00:00.000+08:00");
        assert_eq!(after_working_days(saturday, 0), saturday);
    }
}
