//! `/api/v1/me/wechat-acceptances`: acceptances of subscribe messages, each good for one message.
//!
//! Two witnesses tell of the same tap: WeChat's push, and the phone on which it was made. Neither names the tap, so each
//! is counted by itself, and a credit is given when the larger of the two counts grows: one acceptance is never counted
//! twice, whichever comes first, and one that a witness missed is given by the other.

use actix_web::{post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Body, IdempotencyKey, Stored, no_content, once};
use crate::identity::SignedIn;
use crate::problem::Outcome;
use crate::storage::schema::wechat_credits;
use crate::storage::{Conn, insert_once};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(record_wechat_acceptances);
}

/// Who tells of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    Push,
    Phone,
}

/// One acceptance, as one witness tells of it; the caller sees to it that the witness tells it once.
pub fn accepted(tx: &mut Conn, person: i64, template: &str, witness: Witness, now: Instant) -> Outcome<()> {
    insert_once(tx, |tx| {
        diesel::insert_into(wechat_credits::table)
            .values((
                wechat_credits::person_id.eq(person),
                wechat_credits::template.eq(template),
                wechat_credits::credits.eq(0),
                wechat_credits::updated_at.eq(now),
            ))
            .execute(tx)
    })?;
    let own = wechat_credits::table.find((person, template));
    let (given, time) = (wechat_credits::credits.eq(wechat_credits::credits + 1), wechat_credits::updated_at.eq(now));
    // The count grows and the larger of the two with it, or only the smaller one: both statements see it as it was.
    let leads = match witness {
        Witness::Push => diesel::update(own.filter(wechat_credits::pushed.ge(wechat_credits::told)))
            .set((wechat_credits::pushed.eq(wechat_credits::pushed + 1), given, time))
            .execute(tx)?,
        Witness::Phone => diesel::update(own.filter(wechat_credits::told.ge(wechat_credits::pushed)))
            .set((wechat_credits::told.eq(wechat_credits::told + 1), given, time))
            .execute(tx)?,
    };
    if leads == 0 {
        match witness {
            Witness::Push => {
                diesel::update(own).set(wechat_credits::pushed.eq(wechat_credits::pushed + 1)).execute(tx)?
            }
            Witness::Phone => diesel::update(own).set(wechat_credits::told.eq(wechat_credits::told + 1)).execute(tx)?,
        };
    }
    Ok(())
}

/// What the person has just accepted in WeChat's dialogue.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WechatAcceptances {
    /// The ids of the accepted templates: those that `wx.requestSubscribeMessage` answered with `accept`.
    #[validate(length(min = 1, max = 3))]
    #[schema(example = json!(["k2vJ0xYtT8kq"]))]
    pub template_ids: Vec<String>,
}

/// Tells that the caller has accepted subscribe messages on this phone, once for each tap (`Idempotency-Key`).
///
/// Templates that are none of this deployment's are passed over. WeChat's own notice of the same tap is not counted again.
#[utoipa::path(tag = "messages", operation_id = "record_wechat_acceptances", params(("Idempotency-Key" = String, Header)), request_body = WechatAcceptances, responses((status = 204)))]
#[post("/me/wechat-acceptances")]
pub async fn record_wechat_acceptances(
    app: web::Data<App>,
    me: SignedIn,
    key: IdempotencyKey,
    body: Body<WechatAcceptances>,
) -> Answer {
    key.require()?;
    let (now, person) = (app.clock.now(), me.actor.person_id);
    let mut names: Vec<String> =
        body.template_ids.iter().filter_map(|id| app.office.wechat()?.accepted_name(id).map(str::to_owned)).collect();
    names.sort_unstable();
    names.dedup();
    app.write(move |tx| {
        once(tx, now, person, &key, &*body, |tx| {
            for name in &names {
                accepted(tx, person, name, Witness::Phone, now)?;
            }
            Stored::new(204, &())
        })?;
        Ok(())
    })
    .await?;
    no_content()
}
