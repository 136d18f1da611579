//! An account at a vendor. What all vendors have in common stands here: one more is a folder with its description, its
//! signature, its words for answers and callbacks, and a row in the post office.

use async_trait::async_trait;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::exchange::{Answered, Endpoint, ask};
use super::http::Acknowledgement;
use super::{Exchange, Fields, Forms, Malformed, Mark, News, Part, Receipt, Reply, Terms, Vendor, VendorError};
use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::phone::Mobile;
use crate::messaging::route::ChannelKind;

/// A vendor: how an account with it is described, what its requests look like, what it answers and reports.
pub trait Account: Send + Sync + 'static {
    /// The name under which attempts are recorded.
    const NAME: &'static str;
    /// Below the base URL.
    const PATH: &'static str;
    /// Whether the variables of a template have names, or an order.
    const NAMED: bool;
    /// The JSON that a callback is answered with.
    const ACKNOWLEDGEMENT: &'static str;

    /// What is known about the vendor.
    fn vendor() -> &'static Vendor;

    /// The parts of the description that every account has.
    fn contract(&self) -> Contract<'_>;

    /// Whether a receipt that names no message of ours may settle the one message in doubt at its number: only where
    /// receipts cannot carry our mark, and nobody else sends by this account.
    fn number_settles(&self) -> bool {
        false
    }

    /// The signed request that hands `sms` over.
    fn request(&self, line: &Line, sms: &Filled<'_>, now: Instant) -> RequestBuilder;

    /// What an answer says.
    fn outcome(answered: &Answered, now: Instant) -> Outcome;

    /// Reads one receipt.
    ///
    /// # Errors
    /// [`Malformed`] when a field that is always there is missing.
    fn report(item: &Value) -> Result<Report, Malformed>;

    /// Reads one reply.
    ///
    /// # Errors
    /// [`Malformed`] when a field that is always there is missing.
    fn reply(item: &Value) -> Result<Reply, Malformed>;
}

/// What stands in the configuration of every account.
pub struct Contract<'a> {
    pub base_url: &'a str,
    pub secret: &'a Secret,
    /// The approved signature; none = `messages.sms_signature`.
    pub signature: Option<&'a str>,
    pub templates: &'a Forms,
    pub terms: &'a Terms,
    pub exchange: &'a Exchange,
}

/// The way to a vendor.
pub struct Line {
    pub(super) endpoint: Endpoint,
    pub(super) client: reqwest::Client,
    secret: SecretString,
    /// Where receipts come in, as the vendor sees us.
    pub(super) receipt_url: String,
}

impl Line {
    pub(super) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// An SMS in the vendor's form.
pub struct Filled<'a> {
    pub to: &'a Mobile,
    pub signature: &'a str,
    /// The vendor's id of the template.
    pub template: &'a str,
    /// Names (empty where the vendor counts) and values.
    pub params: Vec<(String, String)>,
    /// Our reference with the mark of this deployment.
    pub reference: String,
}

/// A receipt in the vendor's own terms.
pub struct Report {
    /// Our reference as it was given to the vendor, where it comes back.
    pub marked: Option<String>,
    pub provider_id: Option<String>,
    /// `Some(true)` on the phone, `Some(false)` never, `None` still on its way.
    pub delivered: Option<bool>,
    pub code: Option<String>,
    pub part: Option<Part>,
    pub to: Option<String>,
}

/// An account, ready to send.
pub struct VendorChannel<A> {
    account: A,
    line: Line,
    mark: Mark,
}

impl<A: Account> VendorChannel<A> {
    /// `receipt_url` is where receipts come in, as the vendor sees us.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn new(account: A, mark: Mark, receipt_url: &str) -> Result<Self, VendorError> {
        let contract = account.contract();
        contract.templates.check(A::NAMED)?;
        let line = Line {
            secret: contract.secret.read().map_err(VendorError::Secret)?,
            endpoint: Endpoint::of(contract.base_url, A::PATH)?,
            client: contract.exchange.client()?,
            receipt_url: receipt_url.to_owned(),
        };
        Ok(Self { account, line, mark })
    }

    fn receipt(&self, item: &Value) -> Result<Receipt, Malformed> {
        let report = A::report(item)?;
        let full = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (marked, provider_id) = (full(report.marked), full(report.provider_id));
        if marked.is_none() && provider_id.is_none() {
            return Err(Malformed::FieldMissing);
        }
        let reference = marked.as_deref().and_then(|marked| self.mark.off(marked)).map(str::to_owned);
        let known = |code: &String| A::vendor().number_invalid.contains(code);
        Ok(Receipt {
            foreign: marked.is_some() && reference.is_none(),
            reference,
            provider_id,
            number_invalid: report.delivered == Some(false) && report.code.as_ref().is_some_and(known),
            delivered: report.delivered,
            code: report.code,
            part: report.part,
            to: report.to.filter(|_| marked.is_none() && self.account.number_settles()),
        })
    }
}

#[async_trait]
impl<A: Account> Channel for VendorChannel<A> {
    fn name(&self) -> &str {
        A::NAME
    }

    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn has_receipts(&self) -> bool {
        true
    }

    fn form(&self, template: &str) -> Option<String> {
        self.account.contract().templates.of(template).map(|(name, _)| name.to_owned())
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome {
        let (Address::Mobile(to), Body::Sms { signature, template, facts, .. }) = (&message.to, &message.body) else {
            return Outcome::refused(Refusal::FinalForRecipient, "not_an_sms");
        };
        let contract = self.account.contract();
        let Some((_, form)) = contract.templates.of(template) else {
            return Outcome::refused(Refusal::StopTemplate, "template_not_mapped");
        };
        let Some(params) = form.filled(facts) else {
            return Outcome::refused(Refusal::FinalForRecipient, "variable_missing");
        };
        let sms = Filled {
            to,
            signature: contract.signature.unwrap_or(signature),
            template: &form.id,
            params,
            reference: self.mark.on(&message.reference),
        };
        match ask(self.account.request(&self.line, &sms, now)).await {
            Ok(answered) => A::outcome(&answered, now),
            Err(outcome) => outcome,
        }
    }
}

impl<A: Account> News for VendorChannel<A> {
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
        fields.items(None)?.into_iter().map(|item| self.receipt(item)).collect()
    }

    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
        fields.items(None)?.into_iter().map(A::reply).collect()
    }

    fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement::json(A::ACKNOWLEDGEMENT)
    }
}
