//! Filing a report: stored, routed, clocks started and desks told, all in one transaction.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::clocks::{ReportRules, accept_by};
use super::routing::{Desk, Officer, Route, route};
use super::situation::{ReportFault, ReporterRole, Situation, faults, urgency};
use super::store::{self, ReportChannel, Reporter, RoutedDesk, SealedReport, Told};
use super::{duties, receipt};
use crate::app::App;
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::crypto::Purpose;
use crate::messaging::{self, NewMessage, Recipient, Urgency as MessageUrgency};
use crate::problem::{Fault, Outcome, Problem};
use crate::storage::Conn;
use crate::storage::schema::people;
use crate::{areas, text_list};

/// A report as somebody gives it.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub channel: ReportChannel,
    pub situations: BTreeSet<Situation>,
    pub immediate_danger: bool,
    pub told: Told,
    /// The village or township where the child is.
    pub area_code: String,
    pub child_id: Option<i64>,
    pub reporter: Option<Reporter>,
    pub reporter_role: ReporterRole,
    /// Who may have done the harm, where the reporter could name somebody on file.
    pub suspected: BTreeSet<i64>,
    /// The record that gave rise to it (`check_in:7:child:3`): one report per cause.
    pub cause: Option<String>,
    /// The phone's own id for this try: sent twice, filed once.
    pub client: Option<String>,
    /// The network address of an unknown reporter, kept only as a keyed hash.
    pub from_address: Option<String>,
}

/// What the reporter takes away.
#[derive(Clone, Debug)]
pub struct Filed {
    pub id: i64,
    pub receipt_number: String,
    pub accept_by: Instant,
    /// Whether it was filed before by the same try or cause.
    pub repeated: bool,
    pub desks: BTreeSet<Desk>,
}

/// Files a report; nothing and nobody stands before it.
///
/// # Errors
/// 422 for a report without situation, words or place.
pub fn file(tx: &mut Conn, app: &App, now: Instant, new: &NewReport) -> Outcome<Filed> {
    check(tx, new)?;
    let sealed = Indexes::of(app, new);
    if let Some(earlier) = store::find_same(tx, sealed.cause.as_deref(), sealed.client.as_deref())? {
        return repeated(tx, earlier);
    }
    let receipt_number = receipt::number(now.date(), rand::random());
    let due = accept_by(now, urgency_of(new), &ReportRules::from(&app.config.protection));
    let Some(id) = insert(tx, app, now, new, &sealed, &receipt_number, due)? else {
        return match store::find_same(tx, sealed.cause.as_deref(), sealed.client.as_deref())? {
            Some(earlier) => repeated(tx, earlier),
            None => Err(Problem::of("conflict").into()),
        };
    };
    let officers = store::officers(tx, &new.area_code, now.date())?;
    let plain: Vec<_> = officers.iter().map(|(officer, _)| *officer).collect();
    let route = route(&plain, &new.suspected);
    let told: BTreeSet<_> = route.officers.iter().map(|officer| officer.person_id).collect();
    store::insert_suspects(tx, id, &new.suspected.difference(&told).copied().collect())?;
    for desk in routed(&route, &officers, &new.area_code, !new.suspected.is_empty()) {
        store::insert_desk(tx, now, id, &desk)?;
        duties::open_accept(tx, now, id, &new.area_code, &desk, due)?;
    }
    tell_desks(tx, app, now, id, &receipt_number, &new.area_code, &route)?;
    // The actor stays out of the audit: the reporter's identity is sealed in the report alone.
    audit::record(
        tx,
        now,
        &Event {
            actor: None,
            action: "report.filed",
            subject_kind: "report",
            subject_id: id,
            child_id: None,
            area_code: Some(&new.area_code),
        },
        &serde_json::json!({ "channel": new.channel, "role": new.reporter_role, "desks": route.desks, "gaps": route.gaps }),
    )?;
    if !route.gaps.is_empty() {
        tracing::error!(report = id, gaps = ?route.gaps, "a report found a desk without anybody");
    }
    Ok(Filed { id, receipt_number, accept_by: due, repeated: false, desks: route.desks })
}

/// The report that was filed for a cause, if one was.
pub fn of_cause(conn: &mut Conn, app: &App, cause: &str) -> Outcome<Option<Filed>> {
    let index = app.vault.index(Purpose::Reporter, cause);
    match store::find_same(conn, Some(&index), None)? {
        Some(earlier) => repeated(conn, earlier).map(Some),
        None => Ok(None),
    }
}

fn urgency_of(new: &NewReport) -> super::situation::Urgency {
    let situations: Vec<_> = new.situations.iter().copied().collect();
    urgency(&situations, new.immediate_danger)
}

fn check(tx: &mut Conn, new: &NewReport) -> Outcome<()> {
    let situations: Vec<_> = new.situations.iter().copied().collect();
    let found = faults(&situations, &new.told.narrative, areas::is_code(&new.area_code));
    if let Some(problem) = found.iter().fold(None::<Problem>, |problem, fault| {
        let field = field_of(*fault);
        Some(match problem {
            Some(problem) => problem.and_field(field, fault.as_str()),
            None => Problem::field(field, fault.as_str()),
        })
    }) {
        return Err(problem.into());
    }
    if areas::name_of(tx, &new.area_code).is_err() {
        return Err(Problem::field("area_code", "unknown_area").into());
    }
    let known: i64 = people::table.filter(people::id.eq_any(new.suspected.clone())).count().get_result(tx)?;
    if usize::try_from(known).unwrap_or_default() < new.suspected.len() {
        return Err(Problem::field("suspected_person_ids", "suspect_unknown").into());
    }
    Ok(())
}

fn field_of(fault: ReportFault) -> &'static str {
    match fault {
        ReportFault::NoSituation => "situations",
        ReportFault::NoWords | ReportFault::TooLong => "narrative",
        ReportFault::NoPlace => "area_code",
    }
}

/// The desks with their areas; when somebody is suspected, officers owe the acceptance by name.
fn routed(route: &Route, officers: &[(Officer, String)], place: &str, suspicion: bool) -> Vec<RoutedDesk> {
    let area = |desk: Desk| officers.iter().find(|(officer, _)| officer.desk == desk).map(|(_, area)| area.clone());
    route
        .desks
        .iter()
        .map(|desk| RoutedDesk {
            desk: *desk,
            area_code: area(*desk).unwrap_or_else(|| place.to_owned()),
            owes: route.owes(*desk),
            named: if suspicion { route.at(*desk).collect() } else { BTreeSet::new() },
        })
        .collect()
}

fn repeated(tx: &mut Conn, earlier: store::ReportRow) -> Outcome<Filed> {
    let desks = store::desks(tx, &[earlier.id])?.into_iter().map(|row| row.desk).collect();
    Ok(Filed {
        id: earlier.id,
        receipt_number: earlier.receipt_number,
        accept_by: earlier.accept_by,
        repeated: true,
        desks,
    })
}

/// What a report is found by again, as keyed hashes.
struct Indexes {
    reporter: Option<String>,
    cause: Option<String>,
    client: Option<String>,
    from: Option<String>,
}

impl Indexes {
    fn of(app: &App, new: &NewReport) -> Self {
        let index = |text: String| app.vault.index(Purpose::Reporter, &text);
        let person = new.reporter.as_ref().and_then(|reporter| reporter.person_id);
        let who = person.map_or_else(|| "public".to_owned(), |id| id.to_string());
        Self {
            reporter: person.map(|id| index(reporter_key(id))),
            cause: new.cause.clone().map(index),
            client: new.client.as_ref().map(|client| index(format!("{who}/{client}"))),
            from: new.from_address.clone().map(index),
        }
    }
}

/// The text whose keyed hash finds a person's own reports.
pub fn reporter_key(person_id: i64) -> String {
    format!("person:{person_id}")
}

fn insert(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    new: &NewReport,
    indexes: &Indexes,
    receipt_number: &str,
    due: Instant,
) -> Outcome<Option<i64>> {
    let told = serde_json::to_string(&new.told).map_err(Fault::internal)?;
    let reporter = new.reporter.as_ref().map(serde_json::to_string).transpose().map_err(Fault::internal)?;
    store::insert(
        tx,
        now,
        &SealedReport {
            receipt_number,
            channel: new.channel,
            situations: &text_list::write(&new.situations),
            immediate_danger: new.immediate_danger,
            urgency: urgency_of(new),
            reporter_role: new.reporter_role,
            area_code: &new.area_code,
            child_id: new.child_id,
            narrative_sealed: app.vault.seal(Purpose::Narrative, &told)?,
            reporter_sealed: app.vault.seal_option(Purpose::Reporter, reporter.as_deref())?,
            reporter_index: indexes.reporter.clone(),
            cause_index: indexes.cause.clone(),
            client_index: indexes.client.clone(),
            from_index: indexes.from.clone(),
            accept_by: due,
        },
    )
}

fn tell_desks(
    tx: &mut Conn,
    app: &App,
    now: Instant,
    id: i64,
    receipt_number: &str,
    area_code: &str,
    route: &Route,
) -> Outcome<()> {
    let place = areas::name_of(tx, area_code)?;
    for person_id in route.officers.iter().map(|officer| officer.person_id).collect::<BTreeSet<_>>() {
        messaging::post(
            tx,
            &app.vault,
            now,
            &NewMessage {
                occasion_key: format!("report:{id}:received:{person_id}"),
                to: Recipient::Person(person_id),
                template: "safety/report_received".into(),
                urgency: MessageUrgency::Safety,
                data: serde_json::json!({ "place": place, "receipt": receipt_number }),
                child_id: None,
                area_code: Some(area_code.to_owned()),
                not_before: now,
                expires_at: None,
            },
        )?;
    }
    Ok(())
}
