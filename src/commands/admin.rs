//! `admin`: what cannot be done over the API, because nobody can sign in yet, or any more.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::say;
use crate::app::App;
use crate::areas;
use crate::audit::{Event, record};
use crate::config::Mode;
use crate::identity::{self, Actor, NewPerson, PostKind, Sex};
use crate::messaging::phone::Mobile;
use crate::problem::{Fault, Outcome};
use crate::storage;

#[derive(Subcommand)]
pub enum Task {
    /// Add areas from a CSV file: a 12-digit code and a name on each line, or change names of those that exist.
    ///
    /// Levels and parents follow from the codes; province and city have to be among them. Needed once, before the
    /// first account.
    AddAreas {
        /// UTF-8, e.g. lines like `990101100201,Stone Village`.
        file: PathBuf,
    },
    /// Create an account for a new member of staff: the first county administrator, for example.
    ///
    /// The password is asked for on a terminal, read from the input otherwise. The second factor is set up at the
    /// first sign-in.
    CreateAccount(NewAccount),
    /// Set a new password and end every session of the account.
    ResetPassword {
        login: String,
        /// Forget the authenticator too (a lost phone); a new one is set up at the next sign-in.
        #[arg(long)]
        forget_totp: bool,
    },
    /// Print an access token that lasts some minutes, for a script.
    ///
    /// It carries all powers of the account. That it was printed stands in the audit.
    Token { login: String },
    /// Print the six digits that an account's authenticator shows now. In demo mode only.
    Totp { login: String },
}

#[derive(Args)]
pub struct NewAccount {
    /// To sign in with.
    login: String,
    /// Full name.
    #[arg(long)]
    name: String,
    /// male or female.
    #[arg(long)]
    sex: Sex,
    /// Mobile number.
    #[arg(long)]
    phone: String,
    /// What they are trusted with.
    #[arg(long, default_value = "county_administrator")]
    post: PostKind,
    /// 12-digit code of the area of the post.
    #[arg(long)]
    area: String,
    #[arg(long)]
    email: Option<String>,
}

pub fn run(app: &App, task: &Task) -> Outcome<()> {
    storage::migrate(&app.store)?;
    match task {
        Task::AddAreas { file } => add_areas(app, file),
        Task::CreateAccount(new) => create_account(app, new),
        Task::ResetPassword { login, forget_totp } => reset_password(app, login, *forget_totp),
        Task::Token { login } => print_token(app, login),
        Task::Totp { login } => print_totp(app, login),
    }
}

fn add_areas(app: &App, file: &std::path::Path) -> Outcome<()> {
    let text =
        std::fs::read_to_string(file).map_err(|error| Fault::internal(format!("{}: {error}", file.display())))?;
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        match line.split_once(',') {
            Some((code, name)) if areas::is_code(code.trim()) && !name.trim().is_empty() => {
                lines.push((code.trim(), name.trim()));
            }
            _ => return Err(Fault::internal(format!("{}:{}: not `code,name`", file.display(), number + 1))),
        }
    }
    // Areas before those that lie in them.
    lines.sort_by_key(|(code, _)| (areas::significant(code).len(), *code));
    let added = app.store.write(|tx| {
        let mut added = 0;
        for (code, name) in &lines {
            added += usize::from(areas::add_or_rename(tx, code, name)?);
        }
        Ok(added)
    })?;
    say(format_args!("{added} areas added, {} were there already", lines.len() - added));
    Ok(())
}

fn create_account(app: &App, new: &NewAccount) -> Outcome<()> {
    let now = app.clock.now();
    let phone = Mobile::parse(&new.phone).map_err(|fault| Fault::internal(format!("--phone: {fault}")))?;
    let password = new_password()?;
    app.store.write(|tx| {
        areas::exists(tx, &new.area, areas::level_of(&new.area), "area")
            .map_err(|_| Fault::internal(format!("there is no area {}: see `xiangban admin add-areas`", new.area)))?;
        let known = identity::find_by_phone(tx, &app.vault, phone.digits())?;
        let person_id = match known.iter().find(|person| person.name == new.name) {
            Some(person) => person.id,
            None => identity::add_person(tx, &app.vault, now, &person(new, &phone))?,
        };
        identity::add_post(tx, person_id, new.post, &new.area, None, now.date())?;
        identity::create_account(tx, &app.vault, now, person_id, &new.login, &password, None)?;
        let event = event("account.created_by_operator", person_id, Some(&new.area));
        record(tx, now, &event, &serde_json::json!({ "post": new.post }))
    })?;
    say(format_args!("Account {} created. At the first sign-in the authenticator is set up.", new.login));
    Ok(())
}

fn person(new: &NewAccount, phone: &Mobile) -> NewPerson {
    NewPerson {
        name: new.name.clone(),
        sex: new.sex,
        birth_date: None,
        area_code: Some(new.area.clone()),
        phone: Some(phone.digits().to_owned()),
        identity_number: None,
        email: new.email.clone(),
        language: None,
        can_read: true,
    }
}

fn reset_password(app: &App, login: &str, forget_totp: bool) -> Outcome<()> {
    let now = app.clock.now();
    let person_id = app.store.read(|conn| person_of(conn, login))?;
    let password = new_password()?;
    app.store.write(|tx| {
        identity::reset_password(tx, now, login, &password, forget_totp)?;
        let event = event("account.password_reset_by_operator", person_id, None);
        record(tx, now, &event, &serde_json::json!({ "forget_totp": forget_totp }))
    })?;
    say(format_args!("Password of {login} changed; every session of the account has ended."));
    Ok(())
}

fn print_token(app: &App, login: &str) -> Outcome<()> {
    let now = app.clock.now();
    let actor = app.store.write(|tx| {
        let person_id = person_of(tx, login)?;
        let posts = identity::posts_of(tx, person_id, now.date())?;
        record(tx, now, &event("account.token_printed_by_operator", person_id, None), &serde_json::json!({}))?;
        Ok(Actor::signed_in(person_id, 0, posts))
    })?;
    let (token, expires_at) = app.tokens.sign(&actor, now)?;
    say(token);
    eprintln!("good until {expires_at}");
    Ok(())
}

fn print_totp(app: &App, login: &str) -> Outcome<()> {
    if app.config.deployment.mode != Mode::Demo {
        return Err(Fault::internal("only in demo mode: elsewhere the digits are their owner's alone"));
    }
    let now = app.clock.now();
    app.store.read(|conn| person_of(conn, login))?;
    say(app.store.read(|conn| identity::totp_now(conn, &app.vault, now, login))?);
    Ok(())
}

fn person_of(conn: &mut storage::Conn, login: &str) -> Outcome<i64> {
    identity::person_of_login(conn, login)?.ok_or_else(|| Fault::internal(format!("there is no account {login}")))
}

/// Asked for on a terminal, read from the input otherwise.
fn new_password() -> Outcome<String> {
    let mut text = String::new();
    if std::io::stdin().is_terminal() {
        eprint!("New password (ten characters or more; it is shown): ");
        std::io::stderr().flush().map_err(Fault::internal)?;
        std::io::stdin().read_line(&mut text).map_err(Fault::internal)?;
    } else {
        std::io::stdin().take(1_000).read_to_string(&mut text).map_err(Fault::internal)?;
    }
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn event<'a>(action: &'static str, person_id: i64, area_code: Option<&'a str>) -> Event<'a> {
    Event { actor: None, action, subject_kind: "person", subject_id: person_id, child_id: None, area_code }
}
