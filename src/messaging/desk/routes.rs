//! `/api/v1/messages`, `/calls`, `/inbox-items`, `/me/messages`.

use actix_web::{get, put, web};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::access::{KeepMessages, MakeCalls, ReadInbox};
use super::calls::{self, CallFilter, CallOutcome, CallView};
use super::figures::{self, FiguresFilter, MessageFigures};
use super::inbox::{self, InboxFilter, InboxItem};
use super::messages::{self, MessageFilter, MessageSummary, MessageView, SettledHow};
use super::own::{self, OwnMessage};
use super::sight::reads;
use crate::app::App;
use crate::http::{Answer, Body, Listing, Page, PathId, Query, id_cursor, no_content, ok};
use crate::identity::{May, SignedIn};

/// The routes of the desk.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_message_figures)
        .service(list_messages)
        .service(get_message)
        .service(settle_message)
        .service(list_calls)
        .service(settle_call)
        .service(list_inbox_items)
        .service(settle_inbox_item)
        .service(list_my_messages)
        .service(read_my_message);
}

/// What a person decided about a message.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageSettlementBody {
    pub how: SettledHow,
    /// What the person knows: how the other was told, or why it is safe to send again.
    #[validate(length(min = 2, max = 500, code = "length"))]
    #[schema(example = "当面告诉了本人")]
    pub note: String,
}

/// How a call ended.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallOutcomeBody {
    pub outcome: CallOutcome,
    #[validate(length(max = 500, code = "length"))]
    #[schema(example = "本人说今晚就打给孩子")]
    pub note: Option<String>,
}

/// What was done about a reply.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxSettlementBody {
    #[validate(length(min = 2, max = 500, code = "length"))]
    #[schema(example = "已上门看过，孩子退烧了")]
    pub note: String,
}

/// Messages and what became of them, by day and state.
#[utoipa::path(tag = "messages", operation_id = "get_message_figures", params(FiguresFilter), responses((status = 200, body = MessageFigures)))]
#[get("/messages/figures")]
pub async fn get_message_figures(app: web::Data<App>, may: May<KeepMessages>, filter: Query<FiguresFilter>) -> Answer {
    let today = app.clock.today();
    ok(app.read(move |conn| figures::figures(conn, &may.scope, today, &filter)).await?)
}

/// Messages within the caller's area, newest first; people by surname, numbers masked.
#[utoipa::path(tag = "messages", operation_id = "list_messages", params(MessageFilter, Page), responses((status = 200, body = Listing<MessageSummary>)))]
#[get("/messages")]
pub async fn list_messages(
    app: web::Data<App>,
    may: May<KeepMessages>,
    filter: Query<MessageFilter>,
    page: Query<Page>,
) -> Answer {
    let vault = app.vault.clone();
    let listing = app
        .read(move |conn| {
            let items = messages::list(conn, &vault, &may.actor, &may.scope, &filter, &page)?;
            Ok(page.listing(items, |item| id_cursor(item.id)))
        })
        .await?;
    ok(listing)
}

/// One message with its whole journey: every try, what the networks said, what a person decided.
#[utoipa::path(tag = "messages", operation_id = "get_message", params(("id" = i64, Path)), responses((status = 200, body = MessageView)))]
#[get("/messages/{id}")]
pub async fn get_message(app: web::Data<App>, may: May<KeepMessages>, id: PathId) -> Answer {
    let (vault, actor, purpose) = (app.vault.clone(), may.actor.clone(), may.purpose());
    let (view, children) = app.read(move |conn| messages::view(conn, &vault, &may.actor, &may.scope, id.0)).await?;
    app.access_log.record(reads(&actor, app.clock.now(), "message", purpose, children)).await?;
    ok(view)
}

/// Decides about a message that is dead, undelivered or in doubt.
#[utoipa::path(tag = "messages", operation_id = "settle_message", params(("id" = i64, Path)), request_body = MessageSettlementBody, responses((status = 204)))]
#[put("/messages/{id}/settlement")]
pub async fn settle_message(
    app: web::Data<App>,
    may: May<KeepMessages>,
    id: PathId,
    body: Body<MessageSettlementBody>,
) -> Answer {
    let (vault, now) = (app.vault.clone(), app.clock.now());
    app.write(move |tx| messages::settle(tx, &vault, now, (&may.actor, &may.scope), id.0, body.how, &body.note))
        .await?;
    no_content()
}

/// Whom to phone, why, and with which words.
#[utoipa::path(tag = "messages", operation_id = "list_calls", params(CallFilter, Page), responses((status = 200, body = Listing<CallView>)))]
#[get("/calls")]
pub async fn list_calls(
    app: web::Data<App>,
    may: May<MakeCalls>,
    filter: Query<CallFilter>,
    page: Query<Page>,
) -> Answer {
    let (vault, now) = (app.vault.clone(), app.clock.now());
    let (actor, purpose) = (may.actor.clone(), may.purpose());
    let (listing, children) = app
        .read(move |conn| {
            let (items, children) = calls::list(conn, &vault, now, (&may.actor, &may.scope), &filter, &page)?;
            Ok((page.listing(items, |item| id_cursor(item.id)), children))
        })
        .await?;
    app.access_log.record(reads(&actor, now, "call", purpose, children)).await?;
    ok(listing)
}

/// Says how a call ended: reached, no answer, wrong number, given up.
#[utoipa::path(tag = "messages", operation_id = "settle_call", params(("id" = i64, Path)), request_body = CallOutcomeBody, responses((status = 204)))]
#[put("/calls/{id}/outcome")]
pub async fn settle_call(app: web::Data<App>, may: May<MakeCalls>, id: PathId, body: Body<CallOutcomeBody>) -> Answer {
    let (inner, now) = (app.clone(), app.clock.now());
    app.write(move |tx| {
        calls::settle(tx, &inner, now, (&may.actor, &may.scope), id.0, body.outcome, body.note.as_deref())
    })
    .await?;
    no_content()
}

/// What people answered in words, oldest first.
#[utoipa::path(tag = "messages", operation_id = "list_inbox_items", params(InboxFilter, Page), responses((status = 200, body = Listing<InboxItem>)))]
#[get("/inbox-items")]
pub async fn list_inbox_items(
    app: web::Data<App>,
    may: May<ReadInbox>,
    filter: Query<InboxFilter>,
    page: Query<Page>,
) -> Answer {
    let (vault, actor, purpose) = (app.vault.clone(), may.actor.clone(), may.purpose());
    let listing = app
        .read(move |conn| {
            let items = inbox::list(conn, &vault, &may.scope, &filter, &page)?;
            Ok(page.listing(items, |item| id_cursor(item.id)))
        })
        .await?;
    let children = listing.items.iter().filter_map(|item| item.child_id);
    app.access_log.record(reads(&actor, app.clock.now(), "reply", purpose, children)).await?;
    ok(listing)
}

/// Says what was done about a reply.
#[utoipa::path(tag = "messages", operation_id = "settle_inbox_item", params(("id" = i64, Path)), request_body = InboxSettlementBody, responses((status = 204)))]
#[put("/inbox-items/{id}/settlement")]
pub async fn settle_inbox_item(
    app: web::Data<App>,
    may: May<ReadInbox>,
    id: PathId,
    body: Body<InboxSettlementBody>,
) -> Answer {
    let (vault, now) = (app.vault.clone(), app.clock.now());
    app.write(move |tx| inbox::settle(tx, &vault, now, (&may.actor, &may.scope), id.0, &body.note)).await?;
    no_content()
}

/// What the caller was told, newest first.
#[utoipa::path(tag = "messages", operation_id = "list_my_messages", params(Page), responses((status = 200, body = Listing<OwnMessage>)))]
#[get("/me/messages")]
pub async fn list_my_messages(app: web::Data<App>, me: SignedIn, page: Query<Page>) -> Answer {
    let vault = app.vault.clone();
    let listing = app
        .read(move |conn| {
            let items = own::list(conn, &vault, me.actor.person_id, &page)?;
            Ok(page.listing(items, |item| id_cursor(item.id)))
        })
        .await?;
    ok(listing)
}

/// Notes that the caller has read a message.
#[utoipa::path(tag = "messages", operation_id = "read_my_message", params(("id" = i64, Path)), responses((status = 204)))]
#[put("/me/messages/{id}/read")]
pub async fn read_my_message(app: web::Data<App>, me: SignedIn, id: PathId) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| own::read(tx, now, me.actor.person_id, id.0)).await?;
    no_content()
}
