//! The duties of volunteers: the next check-in of each active pairing, and the renewal of check and training.

use std::collections::BTreeSet;

use super::check_in::{CheckInRules, RiskLevel, next_due};
use super::pairing::PairingState;
use super::store::{self, Pairing, Proof, ProofKind, Volunteer};
use super::volunteer::CheckOutcome;
use crate::app::App;
use crate::clock::Instant;
use crate::duties::{self, ClosedHow, DutyKind, Expected, NewDuty, Owed, Subject};
use crate::problem::Outcome;
use crate::storage::Conn;

/// The duties this slice answers for.
pub const KINDS: &[DutyKind] = &[DutyKind::CheckIn, DutyKind::RenewRecordCheck, DutyKind::RenewTraining];

const BATCH: i64 = 500;

fn of_pairing(id: i64) -> Subject {
    Subject { kind: "pairing", id }
}

fn of_volunteer(id: i64) -> Subject {
    Subject { kind: "volunteer", id }
}

/// Makes the open duty of a pairing say what the records say; `how` tells what an earlier due day came to.
pub fn sync_check_in(tx: &mut Conn, app: &App, now: Instant, pairing: &Pairing, how: ClosedHow) -> Outcome<()> {
    let subject = of_pairing(pairing.id);
    let (PairingState::Active, Some(began_at)) = (pairing.state, pairing.began_at) else {
        duties::close_all(tx, now, Some(DutyKind::CheckIn), subject, ClosedHow::Withdrawn)?;
        return Ok(());
    };
    let child = store::paired_child(tx, pairing.child_id)?;
    let level = child.risk_level.parse().unwrap_or(RiskLevel::None);
    let began_on = pairing.resumed_at.unwrap_or(began_at).date();
    let last_on = store::last_check_in(tx, pairing.id)?.map(Instant::date);
    let due_on = next_due(began_on, last_on, level, &CheckInRules::from(&app.config.volunteers));
    let due_at = Instant::start_of(due_on);
    let open = duties::open_of(tx, DutyKind::CheckIn, subject)?;
    if open.iter().any(|duty| duty.due_at == due_at && duty.area_code == child.village_code) {
        return Ok(());
    }
    duties::close_all(tx, now, Some(DutyKind::CheckIn), subject, how)?;
    let coordinators = store::coordinators_for(tx, &child.village_code, now)?;
    let owed_by = Owed::Person(store::person_of_volunteer(tx, pairing.volunteer_id)?);
    duties::open(
        tx,
        now,
        &NewDuty {
            kind: DutyKind::CheckIn,
            subject,
            child_id: Some(pairing.child_id),
            area_code: child.village_code,
            owed_by,
            due_at,
            audience: coordinators.into_iter().map(|person_id| ("coordinator", person_id)).collect(),
        },
    )?;
    Ok(())
}

/// Makes the open renewals of a volunteer say what the latest proofs say.
pub fn sync_renewals(tx: &mut Conn, now: Instant, volunteer: &Volunteer) -> Outcome<()> {
    let proofs = store::proofs_of(tx, &[volunteer.id])?;
    for (kind, duty_kind) in RENEWALS {
        let due_at = renewal_due(volunteer, &proofs, kind);
        let subject = of_volunteer(volunteer.id);
        let open = duties::open_of(tx, duty_kind, subject)?;
        let Some(due_at) = due_at else {
            duties::close_all(tx, now, Some(duty_kind), subject, ClosedHow::Withdrawn)?;
            continue;
        };
        if open.iter().any(|duty| duty.due_at == due_at) {
            continue;
        }
        duties::close_all(tx, now, Some(duty_kind), subject, ClosedHow::Met)?;
        let coordinators = store::coordinators_for(tx, &volunteer.area_code, now)?;
        duties::open(
            tx,
            now,
            &NewDuty {
                kind: duty_kind,
                subject,
                child_id: None,
                area_code: volunteer.area_code.clone(),
                owed_by: Owed::Person(volunteer.person_id),
                due_at,
                audience: coordinators.into_iter().map(|person_id| ("coordinator", person_id)).collect(),
            },
        )?;
    }
    Ok(())
}

const RENEWALS: [(ProofKind, DutyKind); 2] =
    [(ProofKind::RecordCheck, DutyKind::RenewRecordCheck), (ProofKind::Training, DutyKind::RenewTraining)];

/// When the latest proof of a kind runs out, for a volunteer who goes on; `None` when there is nothing to renew.
fn renewal_due(volunteer: &Volunteer, proofs: &[Proof], kind: ProofKind) -> Option<Instant> {
    let latest = proofs.iter().rfind(|proof| proof.volunteer_id == volunteer.id && proof.kind == kind)?;
    (!volunteer.state.is_final() && latest.outcome == CheckOutcome::Clear).then(|| Instant::start_of(latest.expires_on))
}

/// The duties that the records call for.
pub fn expected(conn: &mut Conn) -> Outcome<Vec<Expected>> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let pairings = store::pairings_in(conn, PairingState::Active, after, BATCH)?;
        let Some(last) = pairings.last() else { break };
        after = last.id;
        for pairing in &pairings {
            let person_id = store::person_of_volunteer(conn, pairing.volunteer_id)?;
            let subject = of_pairing(pairing.id);
            all.push(Expected { kind: DutyKind::CheckIn, subject, owed_by: Owed::Person(person_id) });
        }
    }
    after = 0;
    loop {
        let volunteers = store::volunteers_after(conn, after, BATCH)?;
        let Some(last) = volunteers.last() else { break };
        after = last.id;
        let ids: Vec<_> = volunteers.iter().map(|volunteer| volunteer.id).collect();
        let proofs = store::proofs_of(conn, &ids)?;
        all.extend(volunteers.iter().flat_map(|volunteer| expected_renewals(volunteer, &proofs)));
    }
    Ok(all)
}

fn expected_renewals(volunteer: &Volunteer, proofs: &[Proof]) -> Vec<Expected> {
    let due: BTreeSet<_> = RENEWALS
        .iter()
        .filter(|(kind, _)| renewal_due(volunteer, proofs, *kind).is_some())
        .map(|(_, duty_kind)| *duty_kind)
        .collect();
    due.into_iter()
        .map(|kind| Expected { kind, subject: of_volunteer(volunteer.id), owed_by: Owed::Person(volunteer.person_id) })
        .collect()
}
