//! The channels: what carries a message to a phone, and what it may answer.
//!
//! *Refused* and *no answer* are different outcomes. Only a refusal may be tried again or by another way; silence
//! leaves the message unknown until a receipt or a person settles it.

pub mod email;
pub mod sms;
pub mod wechat;

use async_trait::async_trait;

use crate::clock::Instant;
use crate::messaging::phone::Mobile;
use crate::messaging::route::ChannelKind;
use crate::messaging::templates::{EmailText, Facts, WechatText};
use crate::text_enum;

/// Something that carries messages of one kind.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The configured name, as it stands in attempts and callbacks.
    fn name(&self) -> &str;

    /// The kind of message it carries.
    fn kind(&self) -> ChannelKind;

    /// Whether receipts come back, so that silence after acceptance means something.
    fn has_receipts(&self) -> bool;

    /// Under which of its approved forms this channel carries a message template; none = not at all.
    fn form(&self, template: &str) -> Option<String> {
        Some(template.to_owned())
    }

    /// Hands one message over; never panics and ends within the channel's own time limit. `now` is for channels that
    /// sign their requests with the time.
    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome;
}

/// One message as it leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Our name for this attempt, unique for ever; returns in receipts where the gateway can carry it.
    pub reference: String,
    pub to: Address,
    pub body: Body,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Mobile(Mobile),
    Email(String),
    /// The person's openid.
    Wechat(String),
}

/// What a message says, in the form of its channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The text without its signature, and the template with its facts for vendors that only take those.
    Sms {
        signature: String,
        text: String,
        template: String,
        facts: Facts,
    },
    /// An e-mail; `unsubscribe` is the address that stops digests.
    Email {
        text: EmailText,
        unsubscribe: Option<String>,
    },
    Wechat {
        template: String,
        text: WechatText,
    },
}

/// What became of one hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway took it.
    Accepted { provider_id: Option<String> },
    /// The gateway said no; nothing reached the phone.
    Refused { refusal: Refusal, code: String },
    /// No answer, or one that cannot be read: it may have gone out.
    Unknown { why: String },
}

text_enum! {
    /// What kind of no it was.
    pub enum RefusalClass {
        /// The gateway has a bad moment.
        RetrySoon = "retry_soon",
        /// A quota is used up until a known instant.
        WaitUntil = "wait_until",
        /// This recipient or this text will never go through.
        FinalForRecipient = "final_for_recipient",
        /// The template or the signature is not approved: none of its kind will go.
        StopTemplate = "stop_template",
        /// Credentials, balance, permission: nothing will go until a person looks.
        PauseChannel = "pause_channel",
    }
}

/// A refusal, with the instant where the gateway named one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    RetrySoon,
    WaitUntil(Instant),
    FinalForRecipient,
    StopTemplate,
    PauseChannel,
    /// As [`Refusal::PauseChannel`], and it ends by itself: the account is used up until this instant.
    PauseUntil(Instant),
}

impl Refusal {
    pub fn class(self) -> RefusalClass {
        match self {
            Self::RetrySoon => RefusalClass::RetrySoon,
            Self::WaitUntil(_) => RefusalClass::WaitUntil,
            Self::FinalForRecipient => RefusalClass::FinalForRecipient,
            Self::StopTemplate => RefusalClass::StopTemplate,
            Self::PauseChannel | Self::PauseUntil(_) => RefusalClass::PauseChannel,
        }
    }
}

impl Outcome {
    /// A refusal with its code.
    pub fn refused(refusal: Refusal, code: impl Into<String>) -> Self {
        Self::Refused { refusal, code: code.into() }
    }

    /// An outcome nobody knows.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }
}
