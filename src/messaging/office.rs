//! The post office: the configured gateways, the templates and the settings of sending, built once at start.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Instant;
use crate::config::{Config, MessagesConfig};
use crate::crypto::{Purpose, Vault, same};
use crate::identity::wechat::AccessTokens;
use crate::messaging::breaker::Breaker;
use crate::messaging::channels::email::EmailChannel;
use crate::messaging::channels::sms::http::HttpChannel;
use crate::messaging::channels::sms::{Account, Mark, News, Quota, Terms, Vendor, VendorChannel};
use crate::messaging::channels::wechat::{self, WechatChannel};
use crate::messaging::channels::{Channel, Outcome as SendOutcome};
use crate::messaging::limits::DailyLimit;
use crate::messaging::lint;
use crate::messaging::quiet::QuietHours;
use crate::messaging::retry::Patience;
use crate::messaging::route::ChannelKind;
use crate::messaging::sandbox::SandboxChannel;
use crate::messaging::templates::Templates;
use crate::messaging::ticket;
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
    news: HashMap<String, Arc<dyn News>>,
    paths: Vec<Path>,
    wechat: Option<Arc<WechatChannel>>,
    sandbox: bool,
    at_rest: bool,
}

struct Gateway {
    channel: Arc<dyn Channel>,
    terms: Terms,
    quotas: Vec<Quota>,
    breaker: Mutex<Breaker>,
}

/// A gateway as it is looked at when one is chosen.
#[derive(Debug)]
pub(super) struct Lane<'a> {
    pub name: &'a str,
    pub terms: &'a Terms,
    pub quotas: &'a [Quota],
    /// The form that carries the message.
    pub form: String,
    /// Until when this process holds off.
    pub held_until: Option<Instant>,
}

impl PostOffice {
    /// Builds what the configuration describes.
    ///
    /// # Errors
    /// A gateway or template that is described wrongly, a template that says what it must not, or the sandbox in production.
    pub fn open(config: &Config, vault: &Arc<Vault>, store: &Store) -> Outcome<Self> {
        let messages = &config.messages;
        let templates = templates(messages, &ticket::links(&config.deployment.public_url))?;
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
                    office.add(Arc::new(keep), Terms::default(), Vec::new());
                }
                "gateways" if kind == ChannelKind::Sms => office.add_sms(config, vault)?,
                "smtp" if kind == ChannelKind::Email => {
                    let smtp = messages.smtp.clone().ok_or_else(|| missing("messages.smtp"))?;
                    let channel = EmailChannel::new(smtp).map_err(Fault::internal)?;
                    office.add(Arc::new(channel), Terms::default(), Vec::new());
                }
                "wechat" if kind == ChannelKind::Wechat => office.add_wechat(config, vault, store)?,
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
            news: HashMap::new(),
            paths: Vec::new(),
            wechat: None,
            sandbox: false,
            at_rest: false,
        };
        channels.into_iter().for_each(|channel| office.add(channel, Terms::default(), Vec::new()));
        office
    }

    /// One more gateway (tests, benchmarks).
    pub fn and(mut self, channel: Arc<dyn Channel>, terms: Terms) -> Self {
        self.add(channel, terms, Vec::new());
        self
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
        self.paths.iter().find(|path| same(&path.secret, secret)).map(|path| path.gateway.as_str())
    }

    /// How the callbacks of `gateway` are read.
    pub fn news(&self, gateway: &str) -> Option<&dyn News> {
        self.news.get(gateway).map(Arc::as_ref)
    }

    /// The mini-program, when messages go by it.
    pub fn wechat(&self) -> Option<&WechatChannel> {
        self.wechat.as_deref()
    }

    /// The gateways by name, with what they carry.
    pub fn names(&self) -> Vec<(String, ChannelKind)> {
        self.gateways.iter().map(|one| (one.channel.name().to_owned(), one.channel.kind())).collect()
    }

    /// Where a gateway's callbacks come in, below the public address.
    pub fn callback_path(&self, gateway: &str) -> Option<String> {
        let own = self.paths.iter().find(|path| path.gateway == gateway)?;
        Some(format!("/callbacks/{}", own.secret))
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

    /// Whether a gateway of this kind has a form for `template`.
    pub(super) fn carries(&self, kind: ChannelKind, template: &str) -> bool {
        let mut of_kind = self.gateways.iter().filter(|gateway| gateway.channel.kind() == kind);
        of_kind.any(|gateway| gateway.channel.form(template).is_some())
    }

    /// Kinds of channel that are there.
    pub(super) fn kinds(&self) -> Vec<ChannelKind> {
        self.gateways.iter().map(|gateway| gateway.channel.kind()).collect()
    }

    /// The gateways of a kind that have a form for `template`.
    pub(super) fn lanes(&self, kind: ChannelKind, template: &str, now: Instant) -> Vec<Lane<'_>> {
        let of_kind = self.gateways.iter().filter(|gateway| gateway.channel.kind() == kind);
        of_kind
            .filter_map(|gateway| {
                Some(Lane {
                    name: gateway.channel.name(),
                    terms: &gateway.terms,
                    quotas: &gateway.quotas,
                    form: gateway.channel.form(template)?,
                    held_until: lock(&gateway.breaker).open_until(now),
                })
            })
            .collect()
    }

    /// The quotas of every gateway that has some.
    pub(super) fn quotas(&self) -> Vec<(&str, &[Quota])> {
        let with = self.gateways.iter().filter(|gateway| !gateway.quotas.is_empty());
        with.map(|gateway| (gateway.channel.name(), gateway.quotas.as_slice())).collect()
    }

    /// The gateways with an agreed rate: messages a second.
    pub(super) fn rates(&self) -> Vec<(&str, f64)> {
        let rated = self.gateways.iter().map(|gateway| (gateway.channel.name(), gateway.terms.per_second));
        rated.filter_map(|(name, rate)| Some((name, rate?))).collect()
    }

    /// Whether this is the office of a rehearsal.
    pub(super) fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    /// The same gateways as if they had been idle for days and would take whatever comes: for a rehearsal.
    #[must_use]
    pub fn at_rest(&self) -> Self {
        let mut office = Self::with(Arc::clone(&self.templates), self.settings, Vec::new());
        office.sandbox = self.sandbox;
        office.at_rest = true;
        for gateway in &self.gateways {
            let terms = Terms { per_second: None, quotas: Some(Vec::new()), ..gateway.terms.clone() };
            office.add(Arc::clone(&gateway.channel), terms, Vec::new());
        }
        office
    }

    /// Lets the breaker of a gateway see an outcome.
    pub(super) fn note(&self, name: &str, outcome: &SendOutcome, now: Instant) {
        let Some(gateway) = self.gateways.iter().find(|gateway| gateway.channel.name() == name) else { return };
        if lock(&gateway.breaker).note(outcome, now) {
            tracing::error!(gateway = name, "gateway paused after failures");
            metrics::counter!("xiangban_gateway_pauses_total", "gateway" => name.to_owned()).increment(1);
        }
    }

    /// The contract's quotas, or else those the vendor is known for.
    fn add(&mut self, channel: Arc<dyn Channel>, terms: Terms, known: Vec<Quota>) {
        let quotas = terms.quotas.clone().unwrap_or(known);
        self.gateways.push(Gateway { channel, terms, quotas, breaker: Mutex::default() });
    }

    fn add_vendor<C: Channel + News + 'static>(&mut self, channel: C, terms: &Terms, vendor: &Vendor) {
        let channel = Arc::new(channel);
        self.news.insert(channel.name().to_owned(), Arc::<C>::clone(&channel));
        self.add(channel, terms.clone(), vendor.quotas.clone());
    }

    fn add_wechat(&mut self, config: &Config, vault: &Arc<Vault>, store: &Store) -> Outcome<()> {
        let messages = config.messages.wechat.clone().ok_or_else(|| missing("messages.wechat"))?;
        let account = &config.identity.wechat;
        let client = messages.exchange.client().map_err(of(wechat::NAME))?;
        let tokens = Arc::new(AccessTokens::new(account, store.clone(), Arc::clone(vault), client));
        let channel = Arc::new(WechatChannel::new(messages, account, tokens).map_err(of(wechat::NAME))?);
        self.add_path(wechat::NAME, vault)?;
        self.news.insert(wechat::NAME.to_owned(), Arc::<WechatChannel>::clone(&channel));
        self.wechat = Some(Arc::clone(&channel));
        self.add(channel, Terms::default(), Vec::new());
        Ok(())
    }

    fn add_sms(&mut self, config: &Config, vault: &Vault) -> Outcome<()> {
        let messages = &config.messages;
        let (mark, public_url) = (mark(vault)?, &config.deployment.public_url);
        self.add_account(messages.aliyun.as_ref(), &mark, public_url, vault)?;
        self.add_account(messages.tencent.as_ref(), &mark, public_url, vault)?;
        self.add_account(messages.huawei.as_ref(), &mark, public_url, vault)?;
        for description in &messages.http_sms {
            let url = self.add_path(&description.name, vault)?.receipts(public_url);
            let channel = HttpChannel::new(description.clone(), &url).map_err(of(&description.name))?;
            self.add_vendor(channel, &description.terms, &Vendor::default());
        }
        if !self.kinds().contains(&ChannelKind::Sms) {
            return Err(missing("messages.aliyun], [messages.tencent], [messages.huawei] or [[messages.http_sms]"));
        }
        Ok(())
    }

    /// The account with one vendor; news that is on its way is taken where there is none any more.
    fn add_account<A: Account + Clone>(
        &mut self,
        account: Option<&A>,
        mark: &Mark,
        public_url: &str,
        vault: &Vault,
    ) -> Outcome<()> {
        let url = self.add_path(A::NAME, vault)?.receipts(public_url);
        if let Some(account) = account {
            let channel = VendorChannel::new(account.clone(), mark.clone(), &url).map_err(of(A::NAME))?;
            self.add_vendor(channel, account.contract().terms, A::vendor());
        }
        Ok(())
    }

    /// The unguessable part of a gateway's callback path: derived from the keys, so that it differs by deployment.
    fn add_path(&mut self, gateway: &str, vault: &Vault) -> Outcome<Path> {
        let secret = URL_SAFE_NO_PAD.encode(vault.derive_lasting(Purpose::Token, &format!("callback/{gateway}"))?);
        let path = Path { secret, gateway: gateway.to_owned() };
        self.paths.push(path.clone());
        Ok(path)
    }
}

/// Where the callbacks of one gateway come in.
#[derive(Clone)]
struct Path {
    secret: String,
    gateway: String,
}

impl Path {
    fn receipts(&self, public_url: &str) -> String {
        format!("{public_url}/callbacks/{}/receipts", self.secret)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By this mark receipts of another deployment on the same account are known.
fn mark(vault: &Vault) -> Outcome<Mark> {
    let key = URL_SAFE_NO_PAD.encode(vault.derive_lasting(Purpose::Token, "deployment")?);
    Ok(Mark::new(key.chars().filter(char::is_ascii_alphanumeric).take(6).collect::<String>()))
}

fn of<E: std::fmt::Display>(section: &str) -> impl Fn(E) -> Fault {
    move |error| Fault::internal(format!("configuration: {section}: {error}"))
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

fn templates(messages: &MessagesConfig, links: &str) -> Outcome<Arc<Templates>> {
    let signature = messages.sms_signature.trim_matches(['【', '】']);
    if messages.templates_dir.is_empty() {
        // A test keeps the linter's eye on these.
        return Templates::shared(signature).map_err(Fault::internal);
    }
    let templates =
        Templates::with_overrides(std::path::Path::new(&messages.templates_dir), signature).map_err(Fault::internal)?;
    match lint::check_all(&templates, links).first() {
        None => Ok(Arc::new(templates)),
        Some(finding) => {
            Err(Fault::internal(format!("message template {}: {} {}", finding.template, finding.rule, finding.detail)))
        }
    }
}
