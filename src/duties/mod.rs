//! Duties 职责: who owes what, for whom, by when. The one idea behind every reminder, to-do list and overdue list.
//!
//! ```text
//!            open()                         close(): met | withdrawn | superseded
//!  (record) ───────▶ open ────────────────────────────────────────────▶ closed
//!                     │  ▲
//!        remind(as_of)│  │ one reminder per (duty, stage, person); the ladder (config) says when and to whom
//!                     ▼  │
//!                  stages_done += …
//! ```
//!
//! A slice opens and closes duties in the transaction of the record that causes them. One row is one occurrence:
//! a recurring duty is closed and the next one opened; a changed due day is a closed row and a new one.
//! Whether a stage is due is asked of the data ([`remind`]), never of the tick, so that running late, twice,
//! by two processes, or after a week down tells everybody once.

mod open;
mod reconcile;
mod remind;
pub mod routes;
mod todo;

pub use open::{Duty, NewDuty, Owed, Subject, close, close_all, close_for_child, find, open, open_of, pause};
pub use reconcile::{Difference, Expected, differences};
pub use remind::{Reminded, remind, remind_kinds};

use crate::text_enum;

text_enum! {
    /// What is owed (DOMAIN: duties and their ladders).
    pub enum DutyKind {
        SignAgreement = "sign_agreement",
        ConsentOrHost = "consent_or_host",
        RenewAgreement = "renew_agreement",
        CloseGuardianshipGap = "close_guardianship_gap",
        HandOver = "hand_over",
        AcknowledgeNotice = "acknowledge_notice",
        ChangeCarer = "change_carer",
        PayRemuneration = "pay_remuneration",
        ContactChild = "contact_child",
        CheckIn = "check_in",
        RenewRecordCheck = "renew_record_check",
        RenewTraining = "renew_training",
        ReconfirmRecord = "reconfirm_record",
        ReviewAgeOut = "review_age_out",
        AcceptTransfer = "accept_transfer",
        VerifyPhone = "verify_phone",
        RestoreContact = "restore_contact",
        AcceptReport = "accept_report",
        ReviewMissedContact = "review_missed_contact",
        ReviewOpening = "review_opening",
    }
}

text_enum! {
    /// How a duty ended.
    pub enum ClosedHow {
        /// Done by whoever owed it, or recorded as done.
        Met = "met",
        /// No longer owed: its record was ended, declined, corrected, or the child left.
        Withdrawn = "withdrawn",
        /// Replaced by a duty with another due day or another person.
        Superseded = "superseded",
    }
}
