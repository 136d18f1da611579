//! Reading a report at a desk, accepting it, and opening who told it.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::filing::{NewReport, reporter_key};
use super::routes::{DeskProgress, ReportBody, ReportProgress, ReportSummary, ReportView, ReporterView};
use super::store::{self, DeskRow, ReportChannel, ReportRow, ReportState, Reporter, Told};
use super::{access, duties};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::identity::{self, Actor, May};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::{areas, children};
use crate::{children as ledger, text_list};

/// A report by somebody signed in: the child only when in the caller's sight, the reporter as on file.
pub fn signed_in_report(conn: &mut Conn, app: &App, actor: &Actor, body: &ReportBody) -> Outcome<NewReport> {
    if let Some(child_id) = body.child_id {
        let scope = May::<access::NameChild>::of(actor.clone())?.scope;
        ledger::require(conn, &scope, child_id)?;
    }
    let person = identity::person(conn, actor.person_id)?;
    let phone = identity::phone_of(&app.vault, &person)?;
    Ok(NewReport {
        channel: ReportChannel::SignedIn,
        situations: body.situations.clone(),
        immediate_danger: body.immediate_danger,
        told: Told {
            narrative: body.narrative.clone(),
            child_words: body.child_words.clone(),
            place_words: body.place_words.clone(),
        },
        area_code: body.area_code.clone(),
        child_id: body.child_id,
        reporter: Some(Reporter { person_id: Some(actor.person_id), name: Some(person.name), phone }),
        reporter_role: body.reporter_role,
        suspected: body.suspected_person_ids.clone(),
        cause: None,
        client: Some(body.client_uuid.to_string()),
        from_address: None,
    })
}

/// # Errors
/// 429 when one address has sent more reports today than people in need do.
pub fn not_too_many(conn: &mut Conn, app: &App, now: Instant, address: Option<&str>) -> Outcome<()> {
    let Some(address) = address else { return Ok(()) };
    let index = app.vault.index(Purpose::Reporter, address);
    let sent = store::count_from(conn, &index, now.plus_hours(-1))?;
    if sent >= app.config.protection.public_reports_per_address_per_hour {
        return Err(Problem::of("reports_too_many").with("seconds", 3_600).into());
    }
    Ok(())
}

pub fn progress(conn: &mut Conn, receipt_number: &str) -> Outcome<ReportProgress> {
    Ok(progress_of(store::by_receipt(conn, receipt_number)?))
}

pub fn own(conn: &mut Conn, app: &App, person_id: i64) -> Outcome<Vec<ReportProgress>> {
    let index = app.vault.index(Purpose::Reporter, &reporter_key(person_id));
    Ok(store::of_reporter(conn, &index)?.into_iter().map(progress_of).collect())
}

pub fn summaries(
    conn: &mut Conn,
    actor: &Actor,
    state: Option<ReportState>,
    after: Option<i64>,
    limit: i64,
) -> Outcome<Vec<ReportSummary>> {
    let rows = store::list(conn, actor, state, after, limit)?;
    summarise(conn, rows)
}

/// The report in full, with the reading on record.
pub fn view(tx: &mut Conn, app: &App, now: Instant, actor: &Actor, id: i64) -> Outcome<ReportView> {
    let row = store::get(tx, actor, id)?;
    let told: Told =
        serde_json::from_str(&app.vault.open(Purpose::Narrative, &row.narrative_sealed)?).map_err(Fault::internal)?;
    let child_name = match row.child_id {
        Some(child_id) => children::table.find(child_id).select(children::name).first::<String>(tx).optional()?,
        None => None,
    };
    note(tx, now, actor, "report.read", &row)?;
    let (channel, reporter_role, must_report) = (row.channel, row.reporter_role, row.must_report);
    let (child_id, reporter_known) = (row.child_id, row.reporter_sealed.is_some());
    let summary = summarise(tx, vec![row])?.pop().ok_or_else(Problem::not_found)?;
    Ok(ReportView {
        summary,
        narrative: told.narrative,
        child_words: told.child_words,
        place_words: told.place_words,
        child_id,
        child_name,
        channel,
        reporter_role,
        must_report,
        reporter_known,
    })
}

/// Accepts for every desk at which the actor sits and that has not accepted yet.
///
/// # Errors
/// 409 when all of the actor's desks accepted before.
pub fn accept(tx: &mut Conn, now: Instant, actor: &Actor, id: i64) -> Outcome<ReportSummary> {
    let row = store::get(tx, actor, id)?;
    let own = store::desks_of(actor);
    let mut accepted = false;
    for desk in store::desks(tx, &[id])? {
        if own.contains(&(desk.desk, desk.area_code.clone())) && store::accept(tx, now, id, desk.desk, actor.person_id)?
        {
            duties::close_accept(tx, now, &desk)?;
            accepted = true;
        }
    }
    if !accepted {
        return Err(Problem::of("report_already_accepted").into());
    }
    note(tx, now, actor, "report.accepted", &row)?;
    let row = store::get(tx, actor, id)?;
    Ok(summarise(tx, vec![row])?.pop().ok_or_else(Problem::not_found)?)
}

/// # Errors
/// 409 when the reporter left nothing.
pub fn open_reporter(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    actor: &Actor,
    id: i64,
    reason: &str,
) -> Outcome<ReporterView> {
    let row = store::get(tx, actor, id)?;
    let sealed = row.reporter_sealed.as_deref().ok_or_else(|| Problem::of("report_anonymous"))?;
    let reporter: Reporter =
        serde_json::from_str(&app.vault.open(Purpose::Reporter, sealed)?).map_err(Fault::internal)?;
    store::record_opening(tx, now, id, actor.person_id, &app.vault.seal(Purpose::Reporter, reason)?)?;
    note(tx, now, actor, "report.reporter_opened", &row)?;
    Ok(ReporterView { name: reporter.name, phone: reporter.phone, reporter_role: row.reporter_role })
}

fn note(tx: &mut Conn, now: Instant, actor: &Actor, action: &'static str, row: &ReportRow) -> Outcome<()> {
    let event = Event {
        actor: Some(actor),
        action,
        subject_kind: "report",
        subject_id: row.id,
        child_id: None,
        area_code: Some(&row.area_code),
    };
    audit::record(tx, now, &event, &serde_json::json!({}))
}

fn progress_of(row: ReportRow) -> ReportProgress {
    ReportProgress {
        receipt_number: row.receipt_number,
        received_on: row.received_at.date(),
        state: row.state,
        accepted_at: row.accepted_at,
        accept_by: row.accept_by,
    }
}

fn summarise(conn: &mut Conn, rows: Vec<ReportRow>) -> Outcome<Vec<ReportSummary>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let codes: Vec<_> = rows.iter().map(|row| row.area_code.clone()).collect();
    let names: BTreeMap<String, String> = areas::table
        .filter(areas::code.eq_any(codes))
        .select((areas::code, areas::name))
        .load::<(String, String)>(conn)?
        .into_iter()
        .collect();
    let desks = store::desks(conn, &ids)?;
    Ok(rows.into_iter().map(|row| summary(row, &names, &desks)).collect())
}

fn summary(row: ReportRow, names: &BTreeMap<String, String>, desks: &[DeskRow]) -> ReportSummary {
    let own = desks.iter().filter(|desk| desk.report_id == row.id);
    ReportSummary {
        id: row.id,
        place: names.get(&row.area_code).cloned().unwrap_or_default(),
        desks: own
            .map(|desk| DeskProgress { desk: desk.desk, routed_at: desk.routed_at, accepted_at: desk.accepted_at })
            .collect(),
        receipt_number: row.receipt_number,
        received_at: row.received_at,
        urgency: row.urgency,
        immediate_danger: row.immediate_danger,
        situations: text_list::read(&row.situations),
        area_code: row.area_code,
        accept_by: row.accept_by,
        state: row.state,
        accepted_at: row.accepted_at,
    }
}
