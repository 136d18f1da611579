//! In force: what follows when the last party has signed.

use serde_json::json;

use super::act::Act;
use super::agreement::{AgreementEnd, AgreementState, AgreementStep};
use super::evidence::EventKind;
use super::notice::{NoticeFacts, NoticeTo, addressees};
use super::store::agreement::{self as kept, Agreement, Change};
use super::store::family::{self, Family};
use super::store::following::{self, ChangeSettled};
use super::store::{evidence, notice, paper, signature};
use super::text::{self, NoticeText};
use super::{drafting, duties, ending, messages, sending, watching};
use crate::children;
use crate::contact;
use crate::duties::{ClosedHow, DutyKind};
use crate::identity::TieKind;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::wording::{self, WordingKind};

/// Brings a fully signed agreement in force, with everything that follows from it.
pub(super) fn enter_into_force(tx: &mut Conn, act: &Act, signed: &Agreement) -> Outcome<()> {
    let next =
        signed.state.after(AgreementStep::Complete, signed.kind).ok_or_else(|| Problem::of("agreement_state"))?;
    let change = Change { state: Some(next), in_force_at: Some(act.now), ..Change::default() };
    kept::change(tx, signed.id, AgreementState::AwaitingSignatures, change)?;
    let agreement = kept::load(tx, signed.id)?;
    let parties = kept::parties(tx, agreement.id)?;
    let body = json!({ "document": agreement.document_hash, "signatures": parties.len() });
    evidence::append(tx, act, agreement.id, EventKind::InForce, &body)?;
    act.audit(tx, "agreement.in_force", agreement.about(), &json!({ "signatures": parties.len() }))?;
    signature::close_turns_of(tx, act.now, agreement.id)?;
    paper::ask(tx, act.now, agreement.id)?;
    children::tie_person(tx, act.now, agreement.child_id, TieKind::Carer, agreement.carer_id)?;
    contact::carer_changed(tx, &act.config.contact, act.now, agreement.child_id, agreement.carer_id)?;
    take_the_place_of_another(tx, act, &agreement)?;
    duties::open_renewal(tx, act, &agreement, &parties)?;
    duties::open_pay(tx, act, &agreement)?;
    for demand in following::open_changes(tx, agreement.child_id)? {
        if demand.carer_id != agreement.carer_id {
            drafting::settle_change(tx, act, demand.id, ChangeSettled::Changed)?;
        }
    }
    let family = family::family(tx, agreement.child_id)?;
    issue_notices(tx, act, &agreement, &family)?;
    messages::in_force(tx, act, &agreement, &parties)?;
    watching::look_at_child(tx, act, agreement.child_id)
}

/// An amended version ends at once; a renewed one when the new term begins. Nobody is asked to renew it any more.
fn take_the_place_of_another(tx: &mut Conn, act: &Act, agreement: &Agreement) -> Outcome<()> {
    let (Some(old_id), Some(how)) = (agreement.replaces_id, agreement.replaces_how) else { return Ok(()) };
    let old = kept::hold(tx, old_id)?;
    if old.state != AgreementState::InForce {
        return Ok(());
    }
    let subject = duties::agreement_subject(old.id);
    crate::duties::close_all(tx, act.now, Some(DutyKind::RenewAgreement), subject, ClosedHow::Met)?;
    if how == AgreementEnd::Amended || agreement.term_from <= act.today() {
        ending::end(tx, act, &old, how)?;
    }
    Ok(())
}

/// Writes to the school and to the village (art. 23), and asks each to acknowledge.
fn issue_notices(tx: &mut Conn, act: &Act, agreement: &Agreement, family: &Family) -> Outcome<()> {
    let facts = NoticeFacts {
        school: family.school.as_ref().map(|school| (school.id, school.area_code.clone())),
        village_code: family.child.village_code.clone(),
        village_committee: notice::village_committee(tx, &family.child.village_code)?,
    };
    let words = wording::in_effect(tx, WordingKind::Notice, &agreement.village_code)?;
    for addressee in addressees(&facts) {
        let name = match (addressee.to, &family.school) {
            (NoticeTo::School, Some(school)) => school.name.clone(),
            _ => wording::village_committee_of(&family.village_name),
        };
        let data = NoticeText {
            number: agreement.number(),
            addressee: name,
            child: sending::child_named(act, family)?,
            parents: sending::named_all(act, family.guardians())?,
            carer: sending::person_named(tx, act, agreement.carer_id)?,
            from: agreement.term_from,
            until: agreement.term_until,
            issued_on: act.today(),
        };
        let text = text::notice(&words, &data).map_err(|error| wording::unwritten(&error))?;
        let about = (agreement.id, agreement.child_id);
        let id = notice::insert(tx, &act.vault, act.now, about, &addressee, &text)?;
        let body = json!({ "notice": id, "to": addressee.to, "organisation": addressee.organisation_id,
            "text": act.vault.digest(text.as_bytes()), "template": words.version });
        evidence::append(tx, act, agreement.id, EventKind::NoticeIssued, &body)?;
        let issued = notice::kept(tx, id)?;
        duties::open_acknowledgement(tx, act, agreement, &issued)?;
    }
    Ok(())
}
