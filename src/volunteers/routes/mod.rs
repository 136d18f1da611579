//! Thin handlers, by record.

mod check_ins;
mod entries;
mod paired_children;
mod pairings;
mod people;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this slice.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(entries::apply_as_volunteer)
        .service(entries::enter_volunteer)
        .service(people::list_volunteers)
        .service(people::list_volunteer_silences)
        .service(people::get_my_volunteering)
        .service(people::get_volunteer)
        .service(people::change_volunteer)
        .service(people::record_volunteer_proof)
        .service(people::decide_on_volunteer)
        .service(pairings::suggest_volunteers)
        .service(pairings::propose_pairing)
        .service(pairings::list_pairings)
        .service(paired_children::list_my_paired_children)
        .service(pairings::agree_pairing)
        .service(pairings::decline_pairing)
        .service(pairings::rest_pairing)
        .service(pairings::resume_pairing)
        .service(pairings::end_pairing)
        .service(check_ins::log_check_in)
        .service(check_ins::list_check_ins)
        .service(check_ins::get_check_in)
        .service(check_ins::list_check_in_revisions)
        .service(check_ins::revise_check_in);
}
