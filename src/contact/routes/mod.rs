//! Thin handlers, by record.

mod contacts;
mod missed;
mod obligations;
mod phone;
mod searches;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this slice.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(obligations::list_contact_obligations)
        .service(obligations::list_my_contact_obligations)
        .service(obligations::rest_contact_obligation)
        .service(obligations::lift_contact_rest)
        .service(obligations::set_contact_cadence)
        .service(obligations::clear_contact_cadence)
        .service(contacts::record_contact)
        .service(contacts::list_contacts)
        .service(contacts::state_contact)
        .service(missed::list_missed_contacts)
        .service(missed::settle_missed_contact)
        .service(searches::list_number_searches)
        .service(searches::list_my_number_searches)
        .service(searches::answer_number_search)
        .service(searches::set_found_number)
        .service(searches::give_up_number_search)
        .service(phone::get_my_phone)
        .service(phone::request_phone_code)
        .service(phone::verify_my_phone)
        .service(phone::request_new_phone_code)
        .service(phone::change_my_phone);
}
