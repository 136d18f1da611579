//! `/api/v1/children` and what belongs to it.

mod children;
mod circumstances;
mod export;
mod health;
mod history;
mod households;
mod imports;
mod moves;
mod own;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::audit::Access;
use crate::identity::Actor;
use crate::problem::Outcome;

/// Every operation of the room.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(own::list_my_children)
        .service(own::list_people_to_call)
        .service(children::list_children)
        .service(children::create_child)
        .service(children::get_child)
        .service(children::update_child)
        .service(children::confirm_child)
        .service(children::set_schooling)
        .service(children::reveal_numbers)
        .service(circumstances::record_circumstance)
        .service(circumstances::end_circumstance)
        .service(health::get_health)
        .service(health::set_health)
        .service(health::get_hiv_status)
        .service(health::set_hiv_status)
        .service(health::list_hiv_readers)
        .service(health::name_hiv_reader)
        .service(health::dismiss_hiv_reader)
        .service(households::set_household_address)
        .service(households::add_household_member)
        .service(households::update_household_member)
        .service(households::set_away)
        .service(households::set_returned)
        .service(households::end_household_member)
        .service(history::list_child_versions)
        .service(history::list_child_labels)
        .service(history::get_ledger)
        .service(export::export_ledger)
        .service(imports::import_ledger)
        .service(imports::list_imports)
        .service(imports::get_import)
        .service(imports::get_import_row)
        .service(imports::correct_import_row)
        .service(imports::apply_import)
        .service(moves::propose_transfer)
        .service(moves::list_transfers)
        .service(moves::accept_transfer)
        .service(moves::refuse_transfer)
        .service(moves::withdraw_transfer)
        .service(moves::exit_child)
        .service(moves::restore_child)
        .service(moves::review_age);
}

/// Logs that `actor` reads the given children, before the answer leaves.
async fn log_reads(app: &App, actor: &Actor, children: &[i64], what: &'static str, purpose: &str) -> Outcome<()> {
    let now = app.clock.now();
    let entries = children.iter().map(|id| Access::of(actor, now, *id, what, purpose)).collect();
    app.access_log.record(entries).await
}
