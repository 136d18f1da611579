//! Configuration: `config/default.toml` (embedded) ← a file ← the environment. Read once at start.

mod ladders;
mod secret;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use serde::Deserialize;
use zeroize::Zeroizing;

pub use ladders::{Ladder, Ladders, Stage};
pub use secret::Secret;

use crate::crypto::{Algorithm, DigestAlgorithm, Sealing};
use crate::messaging::channels::email::SmtpGateway;
use crate::messaging::channels::sms::aliyun::AliyunAccount;
use crate::messaging::channels::sms::http::HttpGateway;
use crate::messaging::channels::sms::huawei::HuaweiAccount;
use crate::messaging::channels::sms::tencent::TencentAccount;
use crate::messaging::channels::wechat::WechatMessages;
use crate::messaging::retry::Patience;
use crate::messaging::route::ChannelKind;
use crate::problem::{Fault, Outcome};
use crate::text_enum;

/// Stands before every key that demo mode made.
const MADE_IN_DEMO: &str = "# made in demo mode";
const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Every setting; `config/default.toml` explains each.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub deployment: Deployment,
    pub database: DatabaseConfig,
    pub server: ServerConfig,
    pub keys: KeysConfig,
    pub identity: IdentityConfig,
    pub scheduler: SchedulerConfig,
    pub guardianship: GuardianshipConfig,
    pub papers: PapersConfig,
    pub contact: ContactConfig,
    pub volunteers: VolunteersConfig,
    pub protection: ProtectionConfig,
    pub children: ChildrenConfig,
    pub messages: MessagesConfig,
    pub ladders: Ladders,
    pub log: LogConfig,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Deployment {
    pub mode: Mode,
    pub name: String,
    pub public_url: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Demo,
    Production,
}

#[derive(Clone, Debug, Deserialize)]
pub struct DatabaseConfig {
    pub url: String,
    pub readers: u32,
    pub pool: u32,
    pub acquire_timeout_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServerConfig {
    pub host: String,
    pub port: u16,
    pub workers: usize,
    pub max_body_bytes: usize,
    pub max_upload_bytes: usize,
    pub request_timeout_seconds: u64,
    pub trust_forwarded_for: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct KeysConfig {
    pub current: String,
    pub hiv: String,
    pub algorithm: SealingAlgorithm,
    pub digest: DigestAlgorithm,
    pub file: PathBuf,
}

text_enum! {
    /// What seals new values.
    pub enum SealingAlgorithm {
        Aes256Gcm = "aes-256-gcm",
        Sm4Gcm = "sm4-gcm",
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct IdentityConfig {
    pub access_token_minutes: i64,
    pub refresh_token_days: i64,
    pub code_minutes: i64,
    pub code_attempts: i64,
    pub codes_per_minute: i64,
    pub codes_per_hour: i64,
    pub codes_per_day: i64,
    pub codes_per_address_per_hour: i64,
    pub codes_paid_per_hour: i64,
    pub link_days: i64,
    pub link_session_minutes: i64,
    pub guesses_before_wait: i64,
    pub guess_wait_minutes: i64,
    pub requests_per_second: u32,
    pub request_burst: u32,
    pub second_factor_required: bool,
    pub wechat: WechatConfig,
}

#[derive(Clone, Debug, Deserialize)]
pub struct WechatConfig {
    pub base_url: String,
    pub app_id: String,
    pub app_secret: secrecy::SecretString,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SchedulerConfig {
    pub tick_seconds: u64,
    pub lease_seconds: i64,
    pub catch_up_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct GuardianshipConfig {
    pub signing_mode: SigningMode,
    pub term_months_max: i64,
    pub carer_age_warning: i32,
    pub carer_children_warning: i64,
    pub assessment_valid_days: u64,
    pub signing_lapses_after_days: i64,
    pub draft_lapses_after_days: i64,
}

text_enum! {
    /// Where the original of an agreement lies.
    pub enum SigningMode {
        Electronic = "electronic",
        /// The printed twin is signed by hand; the electronic evidence is kept beside it.
        PaperOriginal = "paper_original",
    }
}

/// How papers are set, sealed and stamped.
#[derive(Clone, Debug, Deserialize)]
pub struct PapersConfig {
    pub fonts: Vec<PathBuf>,
    pub templates_dir: String,
    pub seal_key: PathBuf,
    pub seal_chain: PathBuf,
    pub seal_reserve_bytes: usize,
    pub trusted_roots: String,
    pub timestamp_authorities: Vec<String>,
    pub timestamp_timeout_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ContactConfig {
    pub cadence_days: i64,
    pub longest_cadence_days: i64,
    pub longest_rest_days: i64,
    pub recorded_back_days: i64,
    pub both_parents_after_days: i64,
    pub village_after_days: i64,
    pub risk_after_days: i64,
    pub number_verified_every_days: i64,
    pub number_invalid_after_failures: i64,
    pub ask_each_for_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct VolunteersConfig {
    pub load_max: i64,
    pub check_in_days_high: i64,
    pub check_in_days_medium: i64,
    pub check_in_days_low: i64,
    pub check_in_oldest_days: i64,
    pub silent_after_days: i64,
    pub record_check_months: u32,
    pub training_months: u32,
    pub minimum_age_years: i32,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ProtectionConfig {
    pub accept_immediate_minutes: i64,
    pub accept_prompt_minutes: i64,
    pub public_reports_per_address_per_hour: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ChildrenConfig {
    pub reconfirm_days: i64,
    pub classification: crate::children::classification::Policy,
    pub import: crate::children::sheet::Limits,
}

#[derive(Clone, Debug, Deserialize)]
pub struct MessagesConfig {
    #[serde(deserialize_with = "clock_time")]
    pub quiet_from: NaiveTime,
    #[serde(deserialize_with = "clock_time")]
    pub quiet_until: NaiveTime,
    pub reminder_sms_per_day: i64,
    pub undelivered_after_hours: i64,
    pub sms_signature: String,
    pub templates_dir: String,
    pub channels: ChannelsConfig,
    pub sandbox_in_production: bool,
    pub batch: i64,
    pub in_flight: usize,
    pub lease_seconds: i64,
    pub retry: Patience,
    pub aliyun: Option<AliyunAccount>,
    pub tencent: Option<TencentAccount>,
    pub huawei: Option<HuaweiAccount>,
    #[serde(default)]
    pub http_sms: Vec<HttpGateway>,
    pub smtp: Option<SmtpGateway>,
    pub wechat: Option<WechatMessages>,
}

/// What carries each kind of message: `sandbox`, `none`, or a real gateway.
#[derive(Clone, Debug, Deserialize)]
pub struct ChannelsConfig {
    pub sms: String,
    pub email: String,
    pub wechat: String,
}

impl ChannelsConfig {
    pub fn all(&self) -> [(ChannelKind, &str); 3] {
        [(ChannelKind::Sms, &self.sms), (ChannelKind::Email, &self.email), (ChannelKind::Wechat, &self.wechat)]
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct LogConfig {
    pub format: String,
    pub filter: String,
}

impl Config {
    /// Defaults, then `file` when given, then the environment (`XIANGBAN__SERVER__PORT`, `DATABASE_URL`).
    ///
    /// # Errors
    /// A file that is missing or a value of the wrong shape, named with its path.
    pub fn load(file: Option<&str>) -> Outcome<Self> {
        let mut builder =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(config::File::new(file, config::FileFormat::Toml));
        }
        builder = builder.add_source(
            config::Environment::with_prefix("XIANGBAN").prefix_separator("__").separator("__").try_parsing(true),
        );
        if let Ok(url) = std::env::var("DATABASE_URL") {
            builder = builder.set_override("database.url", url).map_err(Fault::internal)?;
        }
        let config: Self = builder
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| Fault::internal(format!("configuration: {error}")))?;
        config.ladders.check()?;
        if config.is_production() {
            config.check_production(file.map(Path::new))?;
        }
        Ok(config)
    }

    /// # Errors
    /// What a production deployment must not have: sign-in without a second factor, secrets in a file that all can read.
    fn check_production(&self, file: Option<&Path>) -> Outcome<()> {
        use std::os::unix::fs::PermissionsExt;
        if !self.identity.second_factor_required {
            return Err(Fault::internal("identity.second_factor_required is false: not in production"));
        }
        let Some(file) = file else { return Ok(()) };
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let secret = text.lines().any(|line| {
            let (name, value) = line.split_once('=').unwrap_or_default();
            let named = ["secret", "password", "token"].iter().any(|word| name.contains(word));
            named && !name.trim_start().starts_with('#') && value.trim().trim_matches('"').len() > 1
        });
        let open = std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0);
        if secret && open {
            let name = file.display();
            return Err(Fault::internal(format!("{name} holds a secret and everybody can read it (chmod o= {name})")));
        }
        Ok(())
    }

    pub fn is_production(&self) -> bool {
        self.deployment.mode == Mode::Production
    }
}

impl KeysConfig {
    /// Which keys seal new values, and how.
    pub fn sealing(&self) -> Sealing<'_> {
        let algorithm = match self.algorithm {
            SealingAlgorithm::Aes256Gcm => Algorithm::Aes256Gcm,
            SealingAlgorithm::Sm4Gcm => Algorithm::Sm4Gcm,
        };
        Sealing { current: &self.current, hiv: &self.hiv, algorithm, digest: self.digest }
    }

    /// Reads the key file; in demo mode what is missing in it is made, readable by its owner only.
    ///
    /// # Errors
    /// A missing file or key in production, a file others can read, or a line that is not `id key`.
    pub fn read(&self, mode: Mode) -> Outcome<BTreeMap<String, String>> {
        if mode == Mode::Production && std::fs::read_to_string(&self.file).is_ok_and(|text| text.contains(MADE_IN_DEMO))
        {
            return Err(self.fault("it was made in demo mode; a production deployment has keys of its own"));
        }
        if mode == Mode::Demo && !self.file.exists() {
            if let Some(parent) = self.file.parent() {
                std::fs::create_dir_all(parent).map_err(Fault::internal)?;
            }
            self.add(&self.current)?;
        }
        let mut keys = self.lines()?;
        for id in [&self.current, &self.hiv] {
            if keys.contains_key(id.as_str()) {
                continue;
            }
            if mode == Mode::Production {
                return Err(self.fault(format!(
                    "there is no key named {id}; add one: echo \"{id} $(head -c 32 /dev/urandom | base64)\""
                )));
            }
            self.add(id)?;
            keys = self.lines()?;
        }
        Ok(keys)
    }

    fn add(&self, id: &str) -> Outcome<()> {
        use base64::Engine as _;
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 32]>());
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.file)
            .map_err(|error| self.fault(error))?;
        writeln!(file, "{MADE_IN_DEMO}\n{id} {key}").map_err(|error| self.fault(error))
    }

    fn lines(&self) -> Outcome<BTreeMap<String, String>> {
        owner_only(&self.file)?;
        let text = Zeroizing::new(std::fs::read_to_string(&self.file).map_err(|error| self.fault(error))?);
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| match line.split_once(char::is_whitespace) {
                Some((id, key)) => Ok((id.to_owned(), key.trim().to_owned())),
                None => Err(self.fault("a line is not `id key`")),
            })
            .collect()
    }

    fn fault(&self, why: impl std::fmt::Display) -> Fault {
        Fault::internal(format!("key file {}: {why}", self.file.display()))
    }
}

/// # Errors
/// A secret that others than its owner may read or write.
pub fn owner_only(file: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    let name = file.display();
    let metadata = std::fs::metadata(file).map_err(|error| Fault::internal(format!("{name}: {error}")))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(Fault::internal(format!("{name} must be readable by its owner only (chmod 600)")));
    }
    Ok(())
}

fn clock_time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_real_gateways_is_read() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/gateways.toml");
        let messages = Config::load(Some(file)).unwrap().messages;
        assert!(messages.aliyun.is_some() && messages.tencent.is_some() && messages.huawei.is_some());
        assert!(messages.wechat.is_some() && messages.smtp.is_some() && messages.http_sms.len() == 1);
    }

    #[test]
    fn the_defaults_load_and_give_every_duty_a_ladder() {
        let config = Config::load(None).unwrap();
        for kind in crate::duties::DutyKind::ALL {
            assert!(!config.ladders.of(*kind).stages.is_empty(), "{kind} has no ladder");
        }
    }
}
