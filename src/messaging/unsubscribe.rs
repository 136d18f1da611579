//! `/unsubscribe/{token}`: the end of reminders by e-mail in one click (RFC 8058), without signing in. Other channels go
//! on; the person starts the e-mails again in their account.

use actix_web::{HttpResponse, delete, web};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault, same};
use crate::http::{Answer, no_content};
use crate::identity::SignedIn;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::email_stops;
use crate::storage::{Conn, insert_once};

const PAGE: &str = include_str!("templates/texts/_shared/unsubscribe.html");
const DONE: &str = include_str!("templates/texts/_shared/unsubscribed.html");

/// Mounts what mail programs call; it is no part of the contract for programs of ours.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/unsubscribe/{token}", web::get().to(ask)).route("/unsubscribe/{token}", web::post().to(unsubscribe));
}

/// Mounts what the person does when signed in.
pub fn configure_api(config: &mut ServiceConfig<'_>) {
    config.service(resume_email_reminders);
}

/// The address that ends a person's e-mails: nobody can make one up.
pub fn address(vault: &Vault, public_url: &str, person_id: i64) -> String {
    format!("{public_url}/unsubscribe/{person_id}.{}", proof(vault, person_id))
}

fn proof(vault: &Vault, person_id: i64) -> String {
    vault.secret_hash(Purpose::Token, &format!("unsubscribe/{person_id}"))
}

fn person_of(vault: &Vault, token: &str) -> Outcome<i64> {
    let (person, given) = token.split_once('.').ok_or_else(Problem::not_found)?;
    let person: i64 = person.parse().map_err(|_| Problem::not_found())?;
    if same(&proof(vault, person), given) { Ok(person) } else { Err(Problem::not_found().into()) }
}

/// Mail programs look at links by themselves, so looking changes nothing.
async fn ask(app: web::Data<App>, token: web::Path<String>) -> Answer {
    person_of(&app.vault, &token)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(PAGE))
}

async fn unsubscribe(app: web::Data<App>, token: web::Path<String>) -> Answer {
    let person = person_of(&app.vault, &token)?;
    let now = app.clock.now();
    app.write(move |tx| stop(tx, now, person)).await?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(DONE))
}

fn stop(tx: &mut Conn, now: Instant, person: i64) -> Outcome<()> {
    insert_once(tx, |tx| {
        diesel::insert_into(email_stops::table)
            .values((email_stops::person_id.eq(person), email_stops::since.eq(now)))
            .execute(tx)
    })?;
    Ok(())
}

/// Takes back that the caller wants no reminders by e-mail.
#[utoipa::path(tag = "identity", operation_id = "resume_email_reminders", responses((status = 204)))]
#[delete("/me/email-stop")]
pub async fn resume_email_reminders(app: web::Data<App>, me: SignedIn) -> Answer {
    app.write(move |tx| {
        diesel::delete(email_stops::table.find(me.actor.person_id)).execute(tx)?;
        Ok(())
    })
    .await?;
    no_content()
}
