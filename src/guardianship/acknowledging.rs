//! The school or the village says that it knows of the care (art. 23).

use serde_json::json;

use super::act::{About, Act};
use super::duties;
use super::evidence::EventKind;
use super::store::notice::{self, Notice};
use super::store::{agreement, evidence};
use crate::duties::ClosedHow;
use crate::identity::Actor;
use crate::problem::Outcome;
use crate::storage::Conn;

/// Acknowledges a notice that is addressed to the caller.
///
/// # Errors
/// *Not found* for a notice to somebody else; 409 when it was acknowledged or withdrawn.
pub fn acknowledge(tx: &mut Conn, act: &Act, actor: &Actor, id: i64) -> Outcome<Notice> {
    let found = notice::load(tx, actor, id)?;
    agreement::hold(tx, found.agreement_id)?;
    notice::acknowledge(tx, act.now, id, actor.person_id)?;
    let body = json!({ "notice": id, "to": found.addressee });
    evidence::append(tx, act, found.agreement_id, EventKind::NoticeAcknowledged, &body)?;
    duties::close_acknowledgement(tx, act, &found, ClosedHow::Met)?;
    let about = About { kind: "care_notice", id, child_id: found.child_id, area_code: &found.area_code };
    act.audit(tx, "care_notice.acknowledged", about, &json!({ "to": found.addressee }))?;
    notice::kept(tx, id)
}
