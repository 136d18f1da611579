//! The post office: the configured gateways, the templates and the settings of sending, built once at start.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::deliver::Ways;
use crate::clock::Instant;
use crate::config::{Config, MessagesConfig};
use crate::crypto::{Purpose, Vault};
use crate::messaging::breaker::Breaker;
use crate::messaging::channels::email::EmailChannel;
use crate::messaging::channels::http::HttpChannel;
use crate::messaging::channels::{Channel, Outcome as SendOutcome};
use crate::messaging::limits::DailyLimit;
use crate::messaging::lint;
use crate::messaging::quiet::QuietHours;
use crate::messaging::retry::Patience;
use crate::messaging::route::ChannelKind;
use crate::messaging::sandbox::SandboxChannel;
use crate::messaging::templates::Templates;
use crate::problem::{Fault, Outcome};
use crate::storage::Store;

/// How messages are sent.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub quiet: QuietHours,
    pub daily_limit: DailyLimit,
    pub patience: Patience,
    /// Messages taken from the queue in one transaction.
    pub batch: i64,
    /// Messages handed to gateways and not yet answered, at most: what a crash can leave in doubt.
    pub in_flight: usize,
    /// How long a worker may hold a message; after that its outcome is unknown.
    pub lease_seconds: i64,
    /// Without "delivered" for so long, the next channel is tried.
    pub undelivered_after_hours: i64,
}

/// Gateways, templates, settings.
pub struct PostOffice {
    pub templates: Arc<Templates>,
    pub settings: Settings,
    gateways: Vec<Gateway>,
    http: HashMap<String, Arc<HttpChannel>>,
    paths: HashMap<String, String>,
    sandbox: bool,
}

struct Gateway {
    channel: Arc<dyn Channel>,
    breaker: Mutex<Breaker>,
}

impl PostOffice {
    /// Builds what the configuration describes.
    ///
    /// # Errors
    /// A gateway or template that is described wrongly, a template that says what it must not, or the sandbox in production.
    pub fn open(config: &Config, vault: &Arc<Vault>, store: &Store) -> Outcome<Self> {
        let messages = &config.messages;
        let templates = templates(messages)?;
        let mut office = Self::with(templates, settings(messages), Vec::new());
        for (kind, gateway) in messages.channels.all() {
            match gateway {
                "none" => {}
                "sandbox" if config.is_production() && !messages.sandbox_in_production => {
                    return Err(Fault::internal(
                        "configuration: the sandbox is not for production (messages.channels)",
                    ));
                }
                "sandbox" => {
                    office.sandbox = true;
                    let keep = SandboxChannel::new(kind, store.clone(), Arc::clone(vault));
                    office.add(Arc::new(keep));
                }
                "http" if kind == ChannelKind::Sms => office.add_http(config, vault)?,
                "smtp" if kind == ChannelKind::Email => {
                    let smtp = messages.smtp.clone().ok_or_else(|| missing("messages.smtp"))?;
                    office.add(Arc::new(EmailChannel::new(smtp).map_err(Fault::internal)?));
                }
                other => return Err(Fault::internal(format!("configuration: messages.channels.{kind} = {other:?}"))),
            }
        }
        office.add_path("sandbox", vault)?;
        Ok(office)
    }

    /// An office with these channels only (tests, benchmarks).
    pub fn with(templates: Arc<Templates>, settings: Settings, channels: Vec<Arc<dyn Channel>>) -> Self {
        let mut office = Self {
            templates,
            settings,
            gateways: Vec::new(),
            http: HashMap::new(),
            paths: HashMap::new(),
            sandbox: false,
        };
        channels.into_iter().for_each(|channel| office.add(channel));
        office
    }

    /// The settings that a configuration gives.
    pub fn settings_of(config: &Config) -> Settings {
        settings(&config.messages)
    }

    /// Whether messages are kept in the sandbox instead of being sent.
    pub fn has_sandbox(&self) -> bool {
        self.sandbox
    }

    /// The gateway whose callbacks come in on this path.
    pub fn gateway_at(&self, secret: &str) -> Option<&str> {
        self.paths.get(secret).map(String::as_str)
    }

    /// The description by which callbacks of `gateway` are read.
    pub fn http(&self, gateway: &str) -> Option<&HttpChannel> {
        self.http.get(gateway).map(Arc::as_ref)
    }

    /// The gateway by name.
    pub(super) fn channel(&self, name: &str) -> Option<Arc<dyn Channel>> {
        self.gateways.iter().find(|gateway| gateway.channel.name() == name).map(|gateway| Arc::clone(&gateway.channel))
    }

    /// Kinds of channel from which receipts come back.
    pub(super) fn with_receipts(&self) -> Vec<ChannelKind> {
        let kinds = self.gateways.iter().filter(|gateway| gateway.channel.has_receipts());
        kinds.map(|gateway| gateway.channel.kind()).collect()
    }

    /// For each kind the first gateway that is not paused; a kind is paused when all of its gateways are.
    pub(super) fn ways(&self, now: Instant) -> Ways {
        let mut ways = Ways::default();
        for gateway in &self.gateways {
            let kind = gateway.channel.kind();
            let open_until = lock(&gateway.breaker).open_until(now);
            match (open_until, ways.paused.get(&kind).copied().flatten()) {
                _ if ways.gateways.contains_key(&kind) => {}
                (None, _) => {
                    ways.gateways.insert(kind, gateway.channel.name().to_owned());
                    ways.paused.insert(kind, None);
                }
                (Some(until), Some(other)) => {
                    ways.paused.insert(kind, Some(until.min(other)));
                }
                (Some(until), None) => {
                    ways.paused.insert(kind, Some(until));
                }
            }
        }
        ways
    }

    /// The first gateway of each kind, as if none were paused.
    pub(super) fn all_ways(&self) -> Ways {
        let mut ways = Ways::default();
        for gateway in &self.gateways {
            let (kind, name) = (gateway.channel.kind(), gateway.channel.name());
            ways.gateways.entry(kind).or_insert_with(|| name.to_owned());
            ways.paused.insert(kind, None);
        }
        ways
    }

    /// Lets the breaker of a gateway see an outcome.
    pub(super) fn note(&self, name: &str, outcome: &SendOutcome, now: Instant) {
        let Some(gateway) = self.gateways.iter().find(|gateway| gateway.channel.name() == name) else { return };
        if lock(&gateway.breaker).note(outcome, now) {
            tracing::error!(gateway = name, "gateway paused after failures");
            metrics::counter!("xiangban_gateway_pauses_total", "gateway" => name.to_owned()).increment(1);
        }
    }

    fn add(&mut self, channel: Arc<dyn Channel>) {
        self.gateways.push(Gateway { channel, breaker: Mutex::default() });
    }

    fn add_http(&mut self, config: &Config, vault: &Vault) -> Outcome<()> {
        if config.messages.http_sms.is_empty() {
            return Err(missing("messages.http_sms"));
        }
        for description in &config.messages.http_sms {
            let name = description.name.clone();
            let secret = self.add_path(&name, vault)?;
            let receipts = format!("{}/callbacks/{secret}/receipts", config.deployment.public_url);
            let channel = Arc::new(HttpChannel::new(description.clone(), &receipts).map_err(Fault::internal)?);
            self.http.insert(name, Arc::clone(&channel));
            self.add(channel);
        }
        Ok(())
    }

    /// The unguessable part of a gateway's callback path: derived from the keys, so that it differs by deployment.
    fn add_path(&mut self, gateway: &str, vault: &Vault) -> Outcome<String> {
        let secret = URL_SAFE_NO_PAD.encode(vault.derive(Purpose::Token, &format!("callback/{gateway}"))?);
        self.paths.insert(secret.clone(), gateway.to_owned());
        Ok(secret)
    }
}

fn lock(breaker: &Mutex<Breaker>) -> std::sync::MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing(section: &str) -> Fault {
    Fault::internal(format!("configuration: [{section}] is missing"))
}

fn settings(messages: &MessagesConfig) -> Settings {
    Settings {
        quiet: QuietHours { from: messages.quiet_from, until: messages.quiet_until },
        daily_limit: DailyLimit { reminder_sms: messages.reminder_sms_per_day },
        patience: messages.retry,
        batch: messages.batch,
        in_flight: messages.in_flight,
        lease_seconds: messages.lease_seconds,
        undelivered_after_hours: messages.undelivered_after_hours,
    }
}

fn templates(messages: &MessagesConfig) -> Outcome<Arc<Templates>> {
    let signature = messages.sms_signature.trim_matches(['【', '】']);
    if messages.templates_dir.is_empty() {
        // A test keeps the linter's eye on these.
        return Templates::shared(signature).map_err(Fault::internal);
    }
    let templates =
        Templates::with_overrides(Path::new(&messages.templates_dir), signature).map_err(Fault::internal)?;
    match lint::check_all(&templates).first() {
        None => Ok(Arc::new(templates)),
        Some(finding) => {
            Err(Fault::internal(format!("message template {}: {} {}", finding.template, finding.rule, finding.detail)))
        }
    }
}
