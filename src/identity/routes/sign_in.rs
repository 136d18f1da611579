//! `/api/v1/sign-in-codes`, `/sessions`, `/me`, `/second-factor`: signing in and out.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers;
use crate::app::App;
use crate::clock::Instant;
use crate::http::{Answer, Body, PathId, client_address, no_content, ok};
use crate::identity::sessions::{Keys, Refreshed, SessionView};
use crate::identity::sign_in::{Attempt, CodeWanted, Credentials, PersonChoice, SignInGrant};
use crate::identity::{ActorPost, Sex, SignedIn, guesses, person, posts_of, sessions, sign_in, staff, wechat};
use crate::messaging::phone;
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::people;

/// Asks for a sign-in code. The answer is the same whether or not anybody has this number.
#[utoipa::path(tag = "identity", operation_id = "request_sign_in_code", security(()), request_body = CodeWanted, responses((status = 204, description = "A code is on its way, if the number is known")))]
#[post("/sign-in-codes")]
pub async fn request_sign_in_code(app: web::Data<App>, request: HttpRequest, body: Body<CodeWanted>) -> Answer {
    let phone = normal_phone(&body.phone)?;
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let now = app.clock.now();
    let keys_of = app.clone();
    app.write(move |tx| sign_in::send_code(tx, &keys(&keys_of), now, &phone, address.as_deref())).await?;
    no_content()
}

/// Signs in. A number shared by several people answers 300 with the choices; repeat with `person_id`.
#[utoipa::path(tag = "identity", operation_id = "sign_in", security(()), request_body = Credentials, responses((status = 201, body = SignInGrant), (status = 300, body = Vec<PersonChoice>)))]
#[post("/sessions")]
pub async fn create_session(app: web::Data<App>, request: HttpRequest, body: Body<Credentials>) -> Answer {
    let now = app.clock.now();
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let keys_of = app.clone();
    let attempt = match body.into_inner() {
        Credentials::SmsCode { phone, code, device, person_id } => {
            let phone = normal_phone(&phone)?;
            app.write(move |tx| {
                let attempt =
                    sign_in::by_sms_code(tx, &keys(&keys_of), now, &phone, &code, person_id, device.as_deref())?;
                proving(tx, &keys_of, now, attempt)
            })
            .await?
        }
        Credentials::Password { login, password, totp, device } => {
            let subject = sign_in::guess_subject(&login, address.as_deref());
            let account = password_proof(&app, subject.clone(), login, password).await?;
            app.write(move |tx| {
                sign_in::by_password(
                    tx,
                    &keys(&keys_of),
                    now,
                    account.as_ref(),
                    totp.as_deref(),
                    device.as_deref(),
                    &subject,
                )
            })
            .await?
        }
        Credentials::Wechat { code, device } => {
            let openid = wechat::openid(&app.http, &app.config.identity.wechat, &code).await?;
            app.write(move |tx| sign_in::by_openid(tx, &keys(&keys_of), now, &openid, device.as_deref())).await?
        }
        Credentials::WechatPhone { code, device, person_id } => {
            let account = &app.config.identity.wechat;
            let phone = wechat::phone_number(&app.http, account, &app.wechat_tokens, &code, now).await?;
            let phone = normal_phone(&phone)?;
            app.write(move |tx| {
                let attempt = sign_in::by_wechat_phone(tx, &keys(&keys_of), now, &phone, person_id, device.as_deref())?;
                proving(tx, &keys_of, now, attempt)
            })
            .await?
        }
    };
    match attempt {
        Attempt::Granted(grant) => Ok(HttpResponse::Created().json(grant)),
        Attempt::WhichPerson(choices) => Ok(HttpResponse::MultipleChoices().json(choices)),
        Attempt::Refused(problem) => Err(problem.into()),
    }
}

/// Whoever signed in by phone has shown that the number is theirs, and need not be asked for it again.
fn proving(tx: &mut Conn, app: &App, now: Instant, attempt: Attempt) -> Outcome<Attempt> {
    if let Attempt::Granted(grant) = &attempt {
        answers::phone_proven(app, tx, now, grant.person_id)?;
    }
    Ok(attempt)
}

/// A refresh token to exchange.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshWanted {
    #[validate(length(min = 1, max = 200))]
    pub refresh_token: String,
}

/// Exchanges a refresh token for new tokens; one that was used before ends the session.
#[utoipa::path(tag = "identity", operation_id = "refresh_session", security(()), request_body = RefreshWanted, responses((status = 200, body = SignInGrant)))]
#[post("/sessions/refresh")]
pub async fn refresh_session(app: web::Data<App>, body: Body<RefreshWanted>) -> Answer {
    let now = app.clock.now();
    let keys_of = app.clone();
    let token = body.into_inner().refresh_token;
    match app.write(move |tx| sessions::refresh(tx, &keys(&keys_of), now, &token)).await? {
        Refreshed::Granted(grant) => ok(grant),
        Refreshed::Refused => Err(Problem::of("unauthorized").into()),
        Refreshed::Reused => Err(Problem::of("session_revoked").into()),
    }
}

/// The caller's signed-in devices.
#[utoipa::path(tag = "identity", operation_id = "list_sessions", responses((status = 200, body = Vec<SessionView>)))]
#[get("/sessions")]
pub async fn list_sessions(app: web::Data<App>, me: SignedIn) -> Answer {
    let now = app.clock.now();
    ok(app.read(move |conn| sessions::list(conn, now, &me.actor)).await?)
}

/// Signs one of the caller's devices out (a lost phone, or this one).
#[utoipa::path(tag = "identity", operation_id = "end_session", params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/sessions/{id}")]
pub async fn end_session(app: web::Data<App>, me: SignedIn, id: PathId) -> Answer {
    let now = app.clock.now();
    app.write(move |tx| sessions::revoke_own(tx, now, me.actor.person_id, id.0)).await?;
    no_content()
}

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub person_id: i64,
    pub name: String,
    pub sex: Sex,
    pub posts: Vec<ActorPost>,
    pub phone_masked: Option<String>,
    pub wechat_linked: bool,
}

/// The caller and the posts they hold now.
#[utoipa::path(tag = "identity", operation_id = "get_me", responses((status = 200, body = Me)))]
#[get("/me")]
pub async fn get_me(app: web::Data<App>, me: SignedIn) -> Answer {
    let today = app.clock.today();
    let vault = app.clone();
    let view = app
        .read(move |conn| {
            let row = person(conn, me.actor.person_id)?;
            Ok(Me {
                person_id: row.id,
                posts: posts_of(conn, row.id, today)?,
                phone_masked: crate::identity::phone_of(&vault.vault, &row)?
                    .map(|number| phone::Mobile::parse(&number).map(|mobile| mobile.masked()).unwrap_or_default()),
                wechat_linked: row.wechat_openid.is_some(),
                name: row.name,
                sex: row.sex,
            })
        })
        .await?;
    ok(view)
}

/// A WeChat code to link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WechatLink {
    #[validate(length(min = 1, max = 200))]
    pub code: String,
}

/// Links the caller's WeChat, so that it signs them in from now on.
#[utoipa::path(tag = "identity", operation_id = "link_wechat", request_body = WechatLink, responses((status = 204)))]
#[put("/me/wechat")]
pub async fn link_wechat(app: web::Data<App>, me: SignedIn, body: Body<WechatLink>) -> Answer {
    let openid = wechat::openid(&app.http, &app.config.identity.wechat, &body.code).await?;
    let now = app.clock.now();
    app.write(move |tx| {
        // A WeChat belongs to one person: whoever had it linked before loses it.
        diesel::update(people::table.filter(people::wechat_openid.eq(&openid)))
            .set(people::wechat_openid.eq(None::<String>))
            .execute(tx)?;
        diesel::update(people::table.find(me.actor.person_id))
            .set((people::wechat_openid.eq(&openid), people::updated_at.eq(now)))
            .execute(tx)?;
        Ok(())
    })
    .await?;
    no_content()
}

/// Password proof, to set up the authenticator.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorWanted {
    #[validate(length(min = 1, max = 200))]
    pub login: String,
    #[validate(length(min = 1, max = 200))]
    pub password: String,
    /// The authenticator's first code, to confirm.
    #[validate(length(max = 10))]
    pub totp: Option<String>,
}

/// The address to show as a QR code.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorSecret {
    #[schema(example = "otpauth://totp/Xiangban:zhangwei?secret=…")]
    pub otpauth_url: String,
}

/// Begins (without `totp`) or confirms (with it) the set-up of the caller's authenticator.
#[utoipa::path(tag = "identity", operation_id = "set_up_second_factor", security(()), request_body = SecondFactorWanted, responses((status = 200, body = SecondFactorSecret), (status = 204, description = "Confirmed")))]
#[put("/second-factor")]
pub async fn set_up_second_factor(app: web::Data<App>, request: HttpRequest, body: Body<SecondFactorWanted>) -> Answer {
    let now = app.clock.now();
    let address = client_address(&request, app.config.server.trust_forwarded_for);
    let keys_of = app.clone();
    let wanted = body.into_inner();
    let SecondFactorWanted { login, password, totp } = wanted;
    let subject = sign_in::guess_subject(&login, address.as_deref());
    let account = password_proof(&app, subject.clone(), login, password).await?;
    let outcome: Result<Option<String>, Problem> = app
        .write(move |tx| {
            guesses::check(tx, now, &subject)?;
            let outcome = match &totp {
                None => staff::begin_second_factor(tx, &keys_of.vault, now, account.as_ref())?.map(Some),
                Some(code) => {
                    staff::confirm_second_factor(tx, &keys_of.vault, now, account.as_ref(), code)?.map(|()| None)
                }
            };
            if outcome.is_err() {
                guesses::failed(tx, &keys_of.config.identity, now, &subject)?;
            }
            Ok(outcome)
        })
        .await?;
    match outcome? {
        Some(otpauth_url) => ok(SecondFactorSecret { otpauth_url }),
        None => no_content(),
    }
}

/// Looks at the password on a reading connection: hashing is slow on purpose and must not hold the write lock.
async fn password_proof(
    app: &App,
    subject: String,
    login: String,
    password: String,
) -> Outcome<Option<staff::Account>> {
    let now = app.clock.now();
    app.read(move |conn| {
        guesses::check(conn, now, &subject)?;
        staff::with_password(conn, &login, &password)
    })
    .await
}

fn keys(app: &App) -> Keys<'_> {
    Keys { vault: &app.vault, tokens: &app.tokens, config: &app.config.identity }
}

fn normal_phone(text: &str) -> Outcome<String> {
    phone::Mobile::parse(text)
        .map(|mobile| mobile.digits().to_owned())
        .map_err(|_| Problem::field("phone", "phone_invalid").into())
}
