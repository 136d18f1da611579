//! Signing: a code, a turn on the host's phone, a signature, a refusal.

use actix_web::{delete, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::input::words;
use super::view::{AgreementView, view};
use crate::app::App;
use crate::clock::Instant;
use crate::guardianship::access::{HostSigning, SignAgreement};
use crate::guardianship::act::Act;
use crate::guardianship::reasons::{Finding, Reason, refusal};
use crate::guardianship::signature::{Device, Reading};
use crate::guardianship::signing::{self, Signed, Wanted};
use crate::guardianship::store::agreement::{self as kept, Reach};
use crate::guardianship::strokes::Handwriting;
use crate::http::{Answer, Body, PathId, no_content, versioned};
use crate::identity::May;
use crate::problem::Problem;

/// For whom a code is asked.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningCodeBody {
    pub party_id: i64,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningCodeSent {
    #[schema(example = "139****0001")]
    pub to: String,
    pub expires_at: Instant,
}

/// Sends a code to the signer's own phone: good once, for this signer and this text. Asked by the party, or by the host
/// who has opened a turn for it.
#[utoipa::path(tag = "guardianship", operation_id = "request_signing_code", params(("id" = i64, Path)), request_body = SigningCodeBody, responses((status = 201, body = SigningCodeSent)))]
#[post("/agreements/{id}/signing-codes")]
pub async fn request_signing_code(
    app: web::Data<App>,
    may: May<SignAgreement>,
    PathId(id): PathId,
    body: Body<SigningCodeBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let sent = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::ChildOrParty, id)?;
            signing::send_code(tx, &act, id, body.party_id)
        })
        .await?;
    let sent = SigningCodeSent { to: sent.phone_masked, expires_at: sent.expires_at };
    Ok(actix_web::HttpResponse::Created().json(sent))
}

/// Who takes the host's phone next.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnBody {
    pub party_id: i64,
    /// What the phone calls itself.
    #[validate(length(max = 100, code = "length"), custom(function = "words"))]
    pub device: String,
}

/// A turn on the host's phone.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnView {
    pub id: i64,
    pub party_id: i64,
    pub opened_at: Instant,
    /// Between the end of the turn before and this one; recorded as evidence.
    pub seconds_since_previous: Option<i64>,
}

/// Hands the caller's phone to a signer. One signer at a time: 409 while another has it.
#[utoipa::path(tag = "guardianship", operation_id = "open_signing_turn", params(("id" = i64, Path)), request_body = TurnBody, responses((status = 201, body = TurnView)))]
#[post("/agreements/{id}/signing-turns")]
pub async fn open_signing_turn(
    app: web::Data<App>,
    may: May<HostSigning>,
    PathId(id): PathId,
    body: Body<TurnBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let turn = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::Child, id)?;
            signing::open_turn(tx, &act, id, body.party_id, &body.device)
        })
        .await?;
    let shown = TurnView {
        id: turn.id,
        party_id: turn.party_id,
        opened_at: turn.opened_at,
        seconds_since_previous: turn.seconds_since_previous,
    };
    Ok(actix_web::HttpResponse::Created().json(shown))
}

/// Takes the phone back without a signature.
#[utoipa::path(tag = "guardianship", operation_id = "close_signing_turn", params(("id" = i64, Path), ("turn" = i64, Path)), responses((status = 204)))]
#[delete("/agreements/{id}/signing-turns/{turn}")]
pub async fn close_signing_turn(app: web::Data<App>, may: May<HostSigning>, path: web::Path<(i64, i64)>) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (id, turn_id) = path.into_inner();
    app.write(move |tx| {
        kept::require(tx, &may.scope, Reach::Child, id)?;
        signing::close_turn(tx, &act, id, turn_id)
    })
    .await?;
    no_content()
}

/// A signature.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureBody {
    /// The hash of the text that the signer has read or heard.
    #[validate(length(min = 64, max = 80, code = "length"))]
    pub document_hash: String,
    /// The code from the signer's own phone.
    #[validate(length(min = 4, max = 10, code = "length"))]
    #[schema(example = "482913")]
    pub code: Option<String>,
    pub reading: Reading,
    /// On the caller's phone as host, in a turn opened before; otherwise the caller signs for themselves.
    #[serde(default)]
    pub in_person: bool,
    /// Why the host vouches for a signer who has a phone but not with them.
    #[validate(length(max = 200, code = "length"), custom(function = "words"))]
    pub vouched_because: Option<String>,
    #[validate(nested)]
    pub device: DeviceBody,
    pub handwriting: Handwriting,
}

/// The device on which it was written.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceBody {
    /// Its clock, milliseconds since 1970; kept beside the server's time.
    #[validate(range(min = 946_684_800_000_i64, max = 4_102_444_800_000_i64, code = "range"))]
    pub clock_ms: i64,
    #[validate(length(max = 100, code = "length"), custom(function = "words"))]
    #[schema(example = "HUAWEI nova 5")]
    pub name: String,
}

impl From<SignatureBody> for Wanted {
    fn from(body: SignatureBody) -> Self {
        Self {
            document_hash: body.document_hash,
            code: body.code,
            reading: body.reading,
            in_person: body.in_person,
            vouched_because: body.vouched_because,
            device: Device { clock_ms: body.device.clock_ms, name: body.device.name },
            handwriting: body.handwriting,
        }
    }
}

/// Signs. Sent twice, it counts once. The last signature brings the agreement in force.
#[utoipa::path(tag = "guardianship", operation_id = "sign_agreement", params(("id" = i64, Path), ("party" = i64, Path)), request_body = SignatureBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/signatures/{party}")]
pub async fn sign_agreement(
    app: web::Data<App>,
    may: May<SignAgreement>,
    path: web::Path<(i64, i64)>,
    body: Body<SignatureBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (id, party_id) = path.into_inner();
    let wanted = Wanted::from(body.into_inner());
    // A refused attempt commits (a wrong code is counted), so its answer is given after the transaction.
    let (signed, shown) = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::ChildOrParty, id)?;
            let signed = signing::sign(tx, &act, id, party_id, &wanted)?;
            Ok((signed, view(tx, &act, id)?))
        })
        .await?;
    match signed {
        Signed::Counted | Signed::Again => versioned(shown.version, shown),
        Signed::WrongCode => Err(Problem::of("code_wrong").into()),
        Signed::Refused(reasons) => Err(refused(&reasons).into()),
    }
}

fn refused(reasons: &[Reason]) -> Problem {
    let over = [Reason::NotInThisState, Reason::AlreadySigned, Reason::DocumentChanged, Reason::TermOver];
    let code = if reasons.iter().any(|reason| over.contains(reason)) { "agreement_state" } else { "signature_refused" };
    refusal(code, "signature", reasons.iter().map(|reason| Finding::from(*reason)))
}

/// Why a party will not sign.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalBody {
    #[validate(length(max = 500, code = "length"), custom(function = "words"))]
    pub reason: String,
}

/// A party will not sign: the agreement is not made.
#[utoipa::path(tag = "guardianship", operation_id = "refuse_to_sign", params(("id" = i64, Path), ("party" = i64, Path)), request_body = RefusalBody, responses((status = 200, body = AgreementView)))]
#[put("/agreements/{id}/refusals/{party}")]
pub async fn refuse_to_sign(
    app: web::Data<App>,
    may: May<SignAgreement>,
    path: web::Path<(i64, i64)>,
    body: Body<RefusalBody>,
) -> Answer {
    let act = Act::by(&app, may.actor.clone());
    let (id, party_id) = path.into_inner();
    let shown = app
        .write(move |tx| {
            kept::require(tx, &may.scope, Reach::ChildOrParty, id)?;
            signing::refuse(tx, &act, id, party_id, &body.reason)?;
            view(tx, &act, id)
        })
        .await?;
    versioned(shown.version, shown)
}
