//! `/api/v1/settings`, `/message-templates`: what is in force, and what messages say.

use actix_web::{get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::access::ReadSettings;
use super::preview::{self, PreviewBody, PreviewView, TemplateSummary};
use super::view::{self, SettingsView};
use crate::app::App;
use crate::http::{Answer, Body, ok};
use crate::identity::May;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_settings).service(list_message_templates).service(preview_message);
}

/// Cadences, ladders and quiet hours in force, each with the name under which it is configured.
#[utoipa::path(tag = "settings", operation_id = "get_settings", responses((status = 200, body = SettingsView)))]
#[get("/settings")]
pub async fn get_settings(app: web::Data<App>, _: May<ReadSettings>) -> Answer {
    ok(view::view(&app.config, &app.office.templates))
}

/// Every message that the program sends, with what its SMS costs.
#[utoipa::path(tag = "settings", operation_id = "list_message_templates", responses((status = 200, body = Vec<TemplateSummary>)))]
#[get("/message-templates")]
pub async fn list_message_templates(app: web::Data<App>, _: May<ReadSettings>) -> Answer {
    ok(preview::list(&app)?)
}

/// What a message would say on each channel, as it stands or with other words, and what is wrong with it. Changes nothing.
#[utoipa::path(tag = "settings", operation_id = "preview_message", request_body = PreviewBody, responses((status = 200, body = PreviewView)))]
#[post("/message-templates/previews")]
pub async fn preview_message(app: web::Data<App>, _: May<ReadSettings>, body: Body<PreviewBody>) -> Answer {
    ok(preview::preview(&app, body.into_inner())?)
}
