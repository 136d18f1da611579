//! `remind`: one round of reminders, or their rehearsal.

use chrono::NaiveDateTime;
use clap::Args;

use super::progress::spinner;
use super::say;
use crate::app::App;
use crate::clock::Instant;
use crate::problem::{Fault, Outcome};
use crate::rehearsal::{DayCount, ExpectedCost, Outing, Plan, Rehearsal, rehearse};
use crate::{duties, messaging, storage};

/// When, how far and where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The moment in Shanghai, such as 2026-12-01T08:00; now unless given.
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    as_of: Option<Instant>,
    /// Days ahead (with --dry-run).
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=366))]
    days: i64,
    /// Only what is owed within this area: its 12-digit code (with --dry-run).
    #[arg(long, value_name = "CODE", requires = "dry_run")]
    area: Option<String>,
    /// Say what would go out; write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(app: &App, arguments: &Arguments) -> Outcome<()> {
    let as_of = arguments.as_of.unwrap_or_else(|| app.clock.now());
    if arguments.dry_run {
        return dry_run(app, arguments, as_of);
    }
    storage::migrate(&app.store)?;
    let done = duties::remind(&app.store, &app.config.ladders, as_of)?;
    let queued = messaging::compose(&app.store, app.office.settings.quiet, as_of)?;
    say(format_args!("{} reminders for {} duties in {queued} new messages", done.reminders, done.duties));
    for (kind, count) in &done.unheard {
        say(format_args!("  nobody to tell: {count} × {kind}"));
    }
    Ok(())
}

fn dry_run(app: &App, arguments: &Arguments, from: Instant) -> Outcome<()> {
    if let Some(code) = arguments.area.as_deref().filter(|code| !crate::areas::is_code(code)) {
        return Err(Fault::internal(format!("{code:?} is not a 12-digit area code")));
    }
    if !storage::pending(&app.store)?.is_empty() {
        return Err(Fault::internal("the database is of another version: run `migrate` first"));
    }
    let work = spinner("Rehearsing");
    let played = rehearse(app, &Plan { area: arguments.area.clone(), from, days: arguments.days });
    work.finish_and_clear();
    print(&played?);
    Ok(())
}

fn print(played: &Rehearsal) {
    say(format_args!("From {} to {}, if nobody does anything:\n", played.from, played.until));
    let mut outings = played.outings.iter().peekable();
    for day in &played.days {
        say(headline(day));
        while let Some(outing) = outings.next_if(|outing| outing.at.date() == day.date) {
            say(line(outing));
        }
        say("");
    }
    let sum: usize = played.days.iter().map(|day| day.messages).sum();
    let segments: i64 = played.days.iter().map(|day| day.segments).sum();
    say(format_args!("{sum} messages on {} days, {segments} SMS charged", played.days.len()));
    say_cost(ExpectedCost::of(played.outings.iter()));
    for (why, count) in &played.held {
        say(format_args!("  held back: {count} × {why}"));
    }
    for (kind, count) in &played.unheard {
        say(format_args!("  nobody to tell: {count} × {kind}"));
    }
}

/// What the number means stands beside it; without a price nothing is said that could be taken for "free".
fn say_cost(cost: ExpectedCost) {
    let Some(fen) = cost.fen else { return };
    say(format_args!(
        "expected cost {} yuan: each SMS at the price of its gateway (terms.price_hao), or the mean by weight where \
         several share; refusals and second tries are not in it",
        yuan(fen)
    ));
    if cost.unpriced > 0 {
        say(format_args!("  not in it: {} messages by gateways without a price", cost.unpriced));
    }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn headline(day: &DayCount) -> String {
    let channels: Vec<String> =
        day.channels.iter().map(|count| format!("{} {}", count.messages, count.channel)).collect();
    let cost = day.cost.fen.map(|fen| format!(", {} yuan", yuan(fen))).unwrap_or_default();
    format!("{}  {} people, {} ({} SMS charged{cost})", day.date, day.people, channels.join(", "), day.segments)
}

fn line(outing: &Outing) -> String {
    let why: Vec<String> =
        outing.tells.iter().map(|told| format!("{} stage {} as {}", told.kind, told.stage, told.role)).collect();
    let why = if why.is_empty() { outing.template.clone() } else { why.join(", ") };
    let cost = if outing.segments > 0 { format!("×{}", outing.segments) } else { String::new() };
    let person = outing.person_id.map(|id| format!("#{id}")).unwrap_or_default();
    format!("  {}  {}{person}  {}{cost}  {why}", outing.at.local().format("%H:%M"), outing.called, outing.channel)
}

fn moment(text: &str) -> Result<Instant, String> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| Instant::at_local(at.date(), at.time()));
    local.or_else(|| text.parse().ok()).ok_or_else(|| "write it as 2026-12-01T08:00".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_have_two_decimals() {
        assert_eq!((yuan(5), yuan(1235), yuan(120)), ("0.05".into(), "12.35".into(), "1.20".into()));
    }

    #[test]
    fn a_moment_is_read_as_the_clock_in_shanghai_shows_it() {
        let at: Instant = "2026-12-01T08:00:00+08:00".parse().unwrap();
        assert_eq!(moment("2026-12-01T08:00"), Ok(at));
        assert_eq!(moment("2026-12-01T00:00:00Z"), Ok(at));
        assert!(moment("tomorrow").is_err());
    }
}
