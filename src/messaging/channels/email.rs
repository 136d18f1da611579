//! E-mail by SMTP, step by step: what the server says before it has the text is a yes or a no,
//! a connection lost after the text was handed over leaves the outcome unknown.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address as MailAddress, Message};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::{Instant as Tick, timeout};

use crate::clock::Instant;
use crate::config::Secret;
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::route::ChannelKind;
use crate::messaging::templates::EmailText;

/// A mail server and how to talk to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpGateway {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub encryption: Encryption,
    /// PEM file of an own certificate authority, where the server's certificate is not publicly signed.
    pub ca_file: Option<std::path::PathBuf>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// `名称 <address>`.
    pub from: String,
    /// Each step of the exchange, seconds.
    #[serde(default = "twenty")]
    pub timeout_seconds: u64,
    /// Idle connections kept.
    #[serde(default = "four")]
    pub idle_connections: usize,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// TLS from the first byte (usually port 465).
    #[default]
    Tls,
    /// STARTTLS, required (usually port 587).
    Starttls,
    /// None: only for a server on this host.
    None,
}

/// What is wrong with the description of the mail server.
#[derive(Debug, Error)]
pub enum SmtpSettingsError {
    #[error("sender address: {0}")]
    From(#[from] lettre::address::AddressError),
    #[error("TLS: {0}")]
    Tls(#[from] SmtpError),
    #[error("password: {0}")]
    Secret(String),
    #[error("certificate file: {0}")]
    Certificate(#[from] std::io::Error),
}

/// One mail server, ready to send.
pub struct EmailChannel {
    settings: SmtpGateway,
    from: Mailbox,
    password: Option<SecretString>,
    tls: TlsParameters,
    hello: ClientId,
    idle: Mutex<Vec<(AsyncSmtpConnection, Tick)>>,
}

const IDLE_AT_MOST: Duration = Duration::from_secs(30);

/// Why a step before the text went wrong, and what it means.
type Refused = (Refusal, String);

impl EmailChannel {
    /// Prepares the channel; nothing is connected yet.
    ///
    /// # Errors
    /// When the sender address or the certificate cannot be read.
    pub fn new(settings: SmtpGateway) -> Result<Self, SmtpSettingsError> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            tls = tls.add_root_certificate(Certificate::from_pem(&std::fs::read(path)?)?);
        }
        Ok(Self {
            from: settings.from.parse()?,
            password: settings.password.as_ref().map(Secret::read).transpose().map_err(SmtpSettingsError::Secret)?,
            tls: tls.build()?,
            hello: ClientId::default(),
            idle: Mutex::new(Vec::new()),
            settings,
        })
    }

    async fn hand_over(&self, to: &MailAddress, message: &Message) -> Outcome {
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err((refusal, code)) => return Outcome::refused(refusal, code),
        };
        if let Err((refusal, code)) = self.announce(&mut connection, to).await {
            return Outcome::refused(refusal, code);
        }
        match self.step(connection.message(&message.formatted())).await {
            Ok(Ok(_)) => {
                self.keep(connection).await;
                Outcome::Accepted { provider_id: None }
            }
            Ok(Err(error)) => after_the_text(&error),
            Err(_) => Outcome::unknown("timeout_after_data"),
        }
    }

    /// Sender, recipient and leave to send the text.
    async fn announce(&self, connection: &mut AsyncSmtpConnection, to: &MailAddress) -> Result<(), Refused> {
        self.before(connection.command(Mail::new(Some(self.from.email.clone()), vec![])), Refusal::PauseChannel)
            .await?;
        self.before(connection.command(Rcpt::new(to.clone(), vec![])), Refusal::FinalForRecipient).await?;
        self.before(connection.command(Data), Refusal::FinalForRecipient).await
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Refused> {
        while let Some((mut connection, since)) = self.idle.lock().await.pop() {
            if since.elapsed() < IDLE_AT_MOST && matches!(self.step(connection.test_connected()).await, Ok(true)) {
                return Ok(connection);
            }
        }
        let address = (self.settings.host.as_str(), self.settings.port);
        let tls = (self.settings.encryption == Encryption::Tls).then(|| self.tls.clone());
        let limit = Some(self.limit());
        let opening = AsyncSmtpConnection::connect_tokio1(address, limit, &self.hello, tls, None);
        let mut connection = self.before_value(opening, Refusal::PauseChannel).await?;
        if self.settings.encryption == Encryption::Starttls {
            self.before_value(connection.starttls(self.tls.clone(), &self.hello), Refusal::PauseChannel).await?;
        }
        if let (Some(user), Some(password)) = (&self.settings.username, &self.password) {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            self.before(connection.auth(DEFAULT_MECHANISMS, &credentials), Refusal::PauseChannel).await?;
        }
        Ok(connection)
    }

    async fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().await;
        if idle.len() < self.settings.idle_connections && !connection.has_broken() {
            idle.push((connection, Tick::now()));
        }
    }

    async fn before<T>(
        &self,
        step: impl Future<Output = Result<T, SmtpError>>,
        permanent: Refusal,
    ) -> Result<(), Refused> {
        self.before_value(step, permanent).await.map(drop)
    }

    /// One step before the text: whatever goes wrong here, nothing was sent.
    async fn before_value<T>(
        &self,
        step: impl Future<Output = Result<T, SmtpError>>,
        permanent: Refusal,
    ) -> Result<T, Refused> {
        match self.step(step).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.is_permanent() => Err((permanent, code(&error))),
            Ok(Err(error)) if error.is_tls() || error.is_client() => Err((Refusal::PauseChannel, code(&error))),
            Ok(Err(error)) => Err((Refusal::RetrySoon, code(&error))),
            Err(_) => Err((Refusal::RetrySoon, "smtp_timeout".to_owned())),
        }
    }

    async fn step<F: Future>(&self, step: F) -> Result<F::Output, tokio::time::error::Elapsed> {
        timeout(self.limit(), step).await
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_seconds)
    }

    fn letter(&self, to: &MailAddress, reference: &str, text: &EmailText, stop: Option<&str>) -> Option<Message> {
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(text.subject.as_str())
            .message_id(Some(format!("<{reference}@{domain}>")));
        if let Some(address) = stop {
            let name = HeaderName::new_from_ascii_str("List-Unsubscribe");
            builder = builder.raw_header(HeaderValue::new(name, format!("<{address}>")));
            let name = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
            builder = builder.raw_header(HeaderValue::new(name, "List-Unsubscribe=One-Click".to_owned()));
        }
        let body = MultiPart::alternative_plain_html(text.text.clone(), text.html.clone());
        builder.multipart(body).ok()
    }
}

#[async_trait]
impl Channel for EmailChannel {
    fn name(&self) -> &str {
        "smtp"
    }

    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn has_receipts(&self) -> bool {
        false
    }

    async fn send(&self, message: &Outgoing, _now: Instant) -> Outcome {
        let (Address::Email(to), Body::Email { text, unsubscribe }) = (&message.to, &message.body) else {
            return Outcome::refused(Refusal::FinalForRecipient, "not_an_email");
        };
        let Ok(to) = to.parse::<MailAddress>() else {
            return Outcome::refused(Refusal::FinalForRecipient, "address_not_valid");
        };
        match self.letter(&to, &message.reference, text, unsubscribe.as_deref()) {
            Some(letter) => self.hand_over(&to, &letter).await,
            None => Outcome::refused(Refusal::FinalForRecipient, "letter_not_valid"),
        }
    }
}

/// The server has the text: only its own no is a no.
fn after_the_text(error: &SmtpError) -> Outcome {
    if error.is_transient() {
        Outcome::refused(Refusal::RetrySoon, code(error))
    } else if error.is_permanent() {
        Outcome::refused(Refusal::FinalForRecipient, code(error))
    } else {
        Outcome::unknown("lost_after_data")
    }
}

fn code(error: &SmtpError) -> String {
    match error.status() {
        Some(status) => format!("smtp_{status}"),
        None if error.is_tls() => "smtp_tls".to_owned(),
        None if error.is_client() => "smtp_client".to_owned(),
        None => "smtp_connection".to_owned(),
    }
}

fn twenty() -> u64 {
    20
}

fn four() -> usize {
    4
}

#[cfg(test)]
mod tests;
