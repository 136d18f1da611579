//! Signing in: by phone and SMS code, by staff password and second factor, by WeChat code.
//!
//! Every attempt is a value ([`Attempt`]) so that a failed one commits its count before the caller is refused.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

use super::codes::{self, CodeRequest};
use super::sessions::{self, Keys};
use super::{Person, find_by_phone, guesses, staff};
use crate::clock::Instant;
use crate::messaging::{NewMessage, Recipient, Urgency, post};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::people;

const CODE_PURPOSE: &str = "sign_in";

/// Asks for a sign-in code by SMS.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeWanted {
    #[validate(length(min = 11, max = 20, code = "phone_invalid"))]
    #[schema(example = "13900000001")]
    pub phone: String,
}

/// How somebody proves who they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Credentials {
    SmsCode {
        #[schema(example = "13900000001")]
        phone: String,
        #[schema(example = "402917")]
        code: String,
        device: Option<String>,
        /// When several people share the number: which of them.
        person_id: Option<i64>,
    },
    Password {
        #[schema(example = "zhangwei")]
        login: String,
        password: String,
        /// The six digits of the authenticator.
        totp: Option<String>,
        device: Option<String>,
    },
    Wechat {
        /// From `wx.login()`.
        code: String,
        device: Option<String>,
    },
    /// With the number that WeChat knows; when it cannot say, sign in by SMS code.
    WechatPhone {
        /// From the phone-number button.
        code: String,
        device: Option<String>,
        /// When several people share the number: which of them.
        person_id: Option<i64>,
    },
}

impl Validate for Credentials {
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        let (texts, device): (Vec<(&'static str, &String)>, _) = match self {
            Self::SmsCode { phone, code, device, .. } => (vec![("phone", phone), ("code", code)], device),
            Self::Password { login, password, device, .. } => (vec![("login", login), ("password", password)], device),
            Self::Wechat { code, device } | Self::WechatPhone { code, device, .. } => (vec![("code", code)], device),
        };
        let mut errors = validator::ValidationErrors::new();
        for (name, text) in texts {
            if text.is_empty() || text.len() > 200 {
                errors.add(name, validator::ValidationError::new("length"));
            }
        }
        if device.as_ref().is_some_and(|device| device.len() > 200) {
            errors.add("device", validator::ValidationError::new("length"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// A session's tokens. The refresh token serves once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInGrant {
    pub access_token: String,
    pub expires_at: Instant,
    pub refresh_token: String,
    pub person_id: i64,
}

/// What came of an attempt to sign in.
pub enum Attempt {
    Granted(SignInGrant),
    Refused(Problem),
    /// The number is shared; these people may sign in with it.
    WhichPerson(Vec<PersonChoice>),
}

/// One of several people who share a phone.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonChoice {
    pub person_id: i64,
    pub name: String,
}

/// Sends a code when somebody has this number; tells the caller nothing about whether anybody has.
pub fn send_code(tx: &mut Conn, keys: &Keys<'_>, now: Instant, phone: &str, from_address: Option<&str>) -> Outcome<()> {
    let known = find_by_phone(tx, keys.vault, phone)?.into_iter().find(|person| person.deceased_on.is_none());
    let request = CodeRequest {
        purpose: CODE_PURPOSE,
        bound_to: phone_binding(),
        phone,
        person_id: known.as_ref().map(|person| person.id),
        from_address,
    };
    let issued = codes::issue(tx, keys.vault, keys.config, now, &request)?;
    if known.is_none() {
        return Ok(());
    }
    post(
        tx,
        keys.vault,
        now,
        &NewMessage {
            occasion_key: format!("code:{}", issued.id),
            to: Recipient::Phone(phone.to_owned()),
            template: "code/sign_in".into(),
            urgency: Urgency::Asked,
            data: json!({ "code": issued.code, "minutes": keys.config.code_minutes.to_string() }),
            child_id: None,
            area_code: None,
            not_before: now,
            expires_at: Some(issued.expires_at),
        },
    )?;
    Ok(())
}

fn phone_binding() -> &'static str {
    "phone"
}

pub fn by_sms_code(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    phone: &str,
    code: &str,
    person_id: Option<i64>,
    device: Option<&str>,
) -> Outcome<Attempt> {
    let people = find_by_phone(tx, keys.vault, phone)?;
    let people: Vec<&Person> = people.iter().filter(|person| person.deceased_on.is_none()).collect();
    let chosen = match (people.as_slice(), person_id) {
        ([only], None) => Some(only.id),
        (several, Some(id)) => several.iter().find(|person| person.id == id).map(|person| person.id),
        _ => None,
    };
    let request =
        CodeRequest { purpose: CODE_PURPOSE, bound_to: phone_binding(), phone, person_id: None, from_address: None };
    if chosen.is_none() && people.len() > 1 {
        // The code stays unused for the second try, but this look at the names costs an attempt all the same.
        return Ok(if codes::matches(tx, keys.vault, keys.config, now, &request, code)? {
            Attempt::WhichPerson(
                people.iter().map(|person| PersonChoice { person_id: person.id, name: person.name.clone() }).collect(),
            )
        } else {
            Attempt::Refused(Problem::of("sign_in_failed"))
        });
    }
    let redeemed = codes::redeem(tx, keys.vault, keys.config, now, &request, code)?;
    let (Some(person_id), Some(_)) = (chosen, redeemed) else {
        return Ok(Attempt::Refused(Problem::of("sign_in_failed")));
    };
    sessions::open(tx, keys, now, person_id, "sms_code", device).map(Attempt::Granted)
}

/// Signs in with a number that WeChat vouches for. Its code serves once, so the choice among several people is asked
/// for with a new one.
pub fn by_wechat_phone(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    phone: &str,
    person_id: Option<i64>,
    device: Option<&str>,
) -> Outcome<Attempt> {
    let people: Vec<Person> = find_by_phone(tx, keys.vault, phone)?;
    let people: Vec<&Person> = people.iter().filter(|person| person.deceased_on.is_none()).collect();
    let chosen = match (people.as_slice(), person_id) {
        ([only], None) => only.id,
        (several, Some(id)) if several.iter().any(|person| person.id == id) => id,
        ([], _) | (_, Some(_)) => return Ok(Attempt::Refused(Problem::of("sign_in_failed"))),
        (several, None) => {
            let choice = |person: &&Person| PersonChoice { person_id: person.id, name: person.name.clone() };
            return Ok(Attempt::WhichPerson(several.iter().map(choice).collect()));
        }
    };
    sessions::open(tx, keys, now, chosen, "wechat_phone", device).map(Attempt::Granted)
}

/// The key under which guesses of a staff password count: per login and address, so that nobody can lock a colleague
/// out from elsewhere.
pub fn guess_subject(login: &str, from_address: Option<&str>) -> String {
    format!("login:{login}@{}", from_address.unwrap_or("-"))
}

/// Completes a staff sign-in for the account whose password was right (`None` when it was not).
pub fn by_password(
    tx: &mut Conn,
    keys: &Keys<'_>,
    now: Instant,
    account: Option<&staff::Account>,
    totp: Option<&str>,
    device: Option<&str>,
    guess_subject: &str,
) -> Outcome<Attempt> {
    guesses::check(tx, now, guess_subject)?;
    match staff::prove(tx, keys, now, account, totp)? {
        staff::Proof::Person(person_id) => {
            guesses::succeeded(tx, guess_subject)?;
            sessions::open(tx, keys, now, person_id, "password", device).map(Attempt::Granted)
        }
        staff::Proof::Refused(problem) => {
            guesses::failed(tx, keys.config, now, guess_subject)?;
            Ok(Attempt::Refused(problem))
        }
    }
}

pub fn by_openid(tx: &mut Conn, keys: &Keys<'_>, now: Instant, openid: &str, device: Option<&str>) -> Outcome<Attempt> {
    let person: Option<i64> = people::table
        .filter(people::wechat_openid.eq(openid))
        .filter(people::deceased_on.is_null())
        .select(people::id)
        .order(people::id)
        .first(tx)
        .optional()?;
    match person {
        Some(person_id) => sessions::open(tx, keys, now, person_id, "wechat", device).map(Attempt::Granted),
        // Known to WeChat, not to us: sign in once by phone, then link.
        None => Ok(Attempt::Refused(Problem::of("wechat_not_linked"))),
    }
}
