//! `gateway`: what the operator does on the day the county enters its keys, and when something stopped.

use std::time::Duration;

use clap::{Args, Subcommand};
use diesel::prelude::*;
use serde_json::json;

use super::say;
use crate::answers;
use crate::app::App;
use crate::clock::Instant;
use crate::messaging::journey::State;
use crate::messaging::phone::Mobile;
use crate::messaging::templates::Templates;
use crate::messaging::{NewMessage, Recipient, Urgency, gateways, post, round};
use crate::problem::{Fault, Outcome};
use crate::storage;
use crate::storage::schema::{attempts, messages};

const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Subcommand)]
pub enum Task {
    /// Look at the configured gateways without sending: templates, parameters, signature, the words of all messages.
    ///
    /// Prints where each vendor is to bring its receipts and replies. Fails when something would be refused.
    Check,
    /// Send one real message, and follow it to its receipt.
    ///
    /// A running server takes the receipt; without one only the vendor's answer is seen.
    Test(Target),
    /// Let a stopped gateway send again: its account or its templates are in order now.
    Resume {
        /// aliyun, tencent, huawei, wechat, smtp, or the name of an HTTP gateway.
        name: String,
    },
}

#[derive(Args)]
pub struct Target {
    /// The mobile number that gets the message.
    #[arg(long)]
    to: String,
    /// Which message, with made-up facts.
    #[arg(long, default_value = "code/verify_phone")]
    template: String,
    /// How long to wait for the receipt.
    #[arg(long, default_value_t = 120)]
    wait_seconds: u64,
}

pub fn run(app: &App, task: &Task) -> Outcome<()> {
    match task {
        Task::Check => check(app),
        Task::Test(target) => test(app, target),
        Task::Resume { name } => resume(app, name),
    }
}

fn check(app: &App) -> Outcome<()> {
    let findings = gateways::check(&app.config, &app.office);
    for (name, kind) in app.office.names() {
        say(format_args!("{kind} by {name}"));
        if let Some(path) = app.office.callback_path(&name) {
            let url = format!("{}{path}", app.config.deployment.public_url);
            match name.as_str() {
                "wechat" => say(format_args!("  push address  {url}/wechat")),
                _ => say(format_args!("  receipts  {url}/receipts\n  replies   {url}/replies")),
            }
        }
    }
    for finding in &findings {
        say(finding);
    }
    let wrong = findings.iter().filter(|finding| finding.is_wrong).count();
    match wrong {
        0 => {
            say("Nothing is wrong with the description.");
            Ok(())
        }
        _ => Err(Fault::internal(format!("{wrong} findings would keep messages from going out"))),
    }
}

fn test(app: &App, target: &Target) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let to = Mobile::parse(&target.to).map_err(|fault| Fault::internal(format!("--to: {fault}")))?;
    if !app.office.templates.contains(&target.template) {
        return Err(Fault::internal(format!("there is no message {}", target.template)));
    }
    let now = app.clock.now();
    let new = NewMessage {
        occasion_key: format!("gateway_test/{}", uuid::Uuid::new_v4().simple()),
        to: Recipient::Phone(to.digits().to_owned()),
        template: target.template.clone(),
        urgency: Urgency::Asked,
        data: json!(Templates::longest_facts()),
        child_id: None,
        area_code: None,
        not_before: now,
        expires_at: Some(now.plus_seconds(i64::try_from(target.wait_seconds).unwrap_or(i64::MAX).max(60))),
    };
    let queued = app.store.write(|tx| post(tx, &app.vault, now, &new))?;
    let id = queued.ok_or_else(|| Fault::internal("the message was not queued"))?;
    say(format_args!("message {id} to {}", to.masked()));
    let runtime = tokio::runtime::Runtime::new().map_err(Fault::internal)?;
    runtime.block_on(follow(app, id, target.wait_seconds))
}

/// Works like a worker until the message rests, and says what happens to it.
async fn follow(app: &App, id: i64, seconds: u64) -> Outcome<()> {
    let holder = format!("gateway-test-{}", std::process::id());
    let mut told = String::new();
    for _ in 0..=seconds {
        round(app, &holder, answers::MEANINGS, &|| true).await?;
        let (state, line) = story(app, id)?;
        if line != told {
            say(format_args!("{}  {line}", app.clock.now()));
            told = line;
        }
        match state {
            State::Delivered => return Ok(()),
            State::Undelivered | State::Dead | State::Expired | State::Frozen => {
                return Err(Fault::internal("the message did not arrive"));
            }
            State::Queued | State::Sending | State::Accepted | State::Unknown => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Fault::internal("no receipt in time: look at the address for receipts that `gateway check` prints"))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempts)]
struct Attempt {
    gateway: String,
    state: String,
    provider_id: Option<String>,
    code: Option<String>,
    segments: i64,
}

fn story(app: &App, id: i64) -> Outcome<(State, String)> {
    app.store.read(|conn| {
        let (state, not_before): (State, Instant) =
            messages::table.find(id).select((messages::state, messages::not_before)).first(conn)?;
        let last = attempts::table
            .filter(attempts::message_id.eq(id))
            .order(attempts::number.desc())
            .select(Attempt::as_select())
            .first(conn)
            .optional()?;
        let by = last.map_or(String::new(), |last: Attempt| {
            let id = last.provider_id.map(|id| format!(" as {id}")).unwrap_or_default();
            let code = last.code.map(|code| format!(" ({code})")).unwrap_or_default();
            format!(", {}: {}{code}{id}, {} segments", last.gateway, last.state, last.segments)
        });
        let wait = if state == State::Queued { format!(", not before {not_before}") } else { String::new() };
        Ok((state, format!("{state}{by}{wait}")))
    })
}

fn resume(app: &App, name: &str) -> Outcome<()> {
    storage::migrate(&app.store)?;
    let now = app.clock.now();
    let lifted = app.store.write(|tx| gateways::lift_all(tx, now, name))?;
    let names: Vec<String> = app.office.names().into_iter().map(|(own, _)| own).collect();
    if lifted == 0 && names.iter().all(|own| own != name) {
        return Err(Fault::internal(format!("there is no gateway {name:?}: {}", names.join(", "))));
    }
    say(format_args!("{lifted} stops of {name} lifted"));
    Ok(())
}
