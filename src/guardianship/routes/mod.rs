//! `/api/v1`: carers' capacity, agreements, signing, notices, gaps, pay.

mod agreements;
mod capacity;
mod checks;
mod cover;
mod drafting;
mod ending;
mod evidence;
mod input;
mod notices;
mod papers;
mod payments;
mod signing;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

pub use checks::page as check_page;

/// The routes of this slice.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(capacity::get_capacity_questionnaire)
        .service(capacity::list_capacity_assessments)
        .service(capacity::assess_carer)
        .service(drafting::draft_agreement)
        .service(drafting::change_draft)
        .service(drafting::declare_bars)
        .service(drafting::decide_consent)
        .service(drafting::send_for_signing)
        .service(agreements::list_agreements)
        .service(agreements::get_agreement)
        .service(agreements::get_agreement_document)
        .service(signing::request_signing_code)
        .service(signing::open_signing_turn)
        .service(signing::close_signing_turn)
        .service(signing::sign_agreement)
        .service(signing::refuse_to_sign)
        .service(ending::take_agreement_back)
        .service(ending::amend_agreement)
        .service(ending::renew_agreement)
        .service(ending::end_agreement)
        .service(ending::record_hand_over)
        .service(notices::list_care_notices)
        .service(notices::get_care_notice)
        .service(notices::acknowledge_care_notice)
        .service(evidence::get_evidence)
        .service(evidence::verify_evidence)
        .service(evidence::get_signature_picture)
        .service(papers::get_agreement_paper)
        .service(papers::get_evidence_bundle)
        .service(papers::put_paper_original)
        .service(papers::get_paper_original)
        .service(papers::get_notice_paper)
        .service(papers::get_assessment_paper)
        .service(papers::get_hand_over_paper)
        .service(checks::check_agreement)
        .service(checks::check_document)
        .service(cover::list_guardianship_gaps)
        .service(cover::get_cover)
        .service(payments::list_payments)
        .service(payments::record_payment);
}
