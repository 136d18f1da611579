//! `/wordings`: what papers say in the caller's area, how one would read, and a wording of one's own.

use actix_web::{delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::access::{ChangeWordings, ReadWordings};
use super::lint::{self, WordingFinding};
use super::store::{self, Version};
use super::{BUILT_IN_VERSION, WordingKind, paper};
use crate::app::App;
use crate::areas::{self, AreaLevel};
use crate::audit::{self, Event};
use crate::clock::Instant;
use crate::http::{Answer, Body, file, no_content, ok};
use crate::identity::{Actor, May, Permission};
use crate::papers::{Manuscript, Mark};
use crate::problem::{Outcome, Problem};
use crate::storage::Conn;

/// Every operation of the room.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_wordings)
        .service(get_wording)
        .service(list_wording_versions)
        .service(try_wording)
        .service(preview_wording)
        .service(set_wording)
        .service(withdraw_wording);
}

/// Which wording of a paper is in effect.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingEntry {
    pub kind: WordingKind,
    /// What a paper made now would name as its version.
    #[schema(example = "990101100000/3")]
    pub version: String,
    pub built_in: bool,
    /// Whose it is; none for the built-in one.
    pub area_code: Option<String>,
    pub set_at: Option<Instant>,
}

/// A placeholder, and what stands in its place in the sample.
#[derive(Debug, Serialize, ToSchema)]
pub struct Placeholder {
    /// `[]` stands for each one of a list: `{% for parent in parents %}{{ parent.name }}{% endfor %}`.
    #[schema(example = "child.name")]
    pub name: String,
    #[schema(example = "示例孩")]
    pub example: String,
}

/// Something that the text must say.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequiredClause {
    #[schema(example = "防溺水")]
    pub name: String,
    #[schema(example = "未成年人保护法第十八条")]
    pub law: String,
}

/// A wording with everything one needs to write another.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingView {
    #[serde(flatten)]
    pub entry: WordingEntry,
    pub text: String,
    pub built_in_text: String,
    pub placeholders: Vec<Placeholder>,
    pub clauses: Vec<RequiredClause>,
}

/// One version of an area's own wording.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingVersion {
    pub area_code: String,
    pub version: String,
    /// None: from here on the wording above was in effect again.
    pub text: Option<String>,
    pub note: Option<String>,
    pub set_at: Instant,
    pub set_by: i64,
}

impl From<Version> for WordingVersion {
    fn from(version: Version) -> Self {
        Self {
            version: version.name(),
            area_code: version.area_code,
            text: version.text,
            note: version.note,
            set_at: version.set_at,
            set_by: version.set_by,
        }
    }
}

/// A text to try.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordingTrialBody {
    #[validate(length(max = 40000, code = "length"))]
    #[schema(example = "委托照护告知书\n\n{{ addressee }}：\n\n……")]
    pub text: String,
}

/// What stands against a text, and how it would read.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingTrial {
    /// Whether it may be used.
    pub holds: bool,
    pub findings: Vec<WordingFinding>,
    /// The text with made-up values; none when it cannot be written.
    pub sample: Option<String>,
}

/// A wording of one's own.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordingBody {
    #[validate(length(max = 40000, code = "length"))]
    #[schema(example = "委托照护告知书\n\n{{ addressee }}：\n\n……")]
    pub text: String,
    /// Why, for those who come later.
    #[validate(length(max = 500, code = "length"))]
    pub note: Option<String>,
}

/// Which wordings are in effect in the caller's area.
#[utoipa::path(tag = "wordings", operation_id = "list_wordings", responses((status = 200, body = Vec<WordingEntry>)))]
#[get("/wordings")]
pub async fn list_wordings(app: web::Data<App>, may: May<ReadWordings>) -> Answer {
    let area = office_of(&may)?;
    let list = app
        .read(move |conn| {
            WordingKind::ALL
                .iter()
                .map(|kind| Ok(entry(*kind, store::nearest(conn, *kind, &area)?).0))
                .collect::<Outcome<Vec<_>>>()
        })
        .await?;
    ok(list)
}

/// The wording of a paper in the caller's area, with its placeholders and what it must say.
#[utoipa::path(tag = "wordings", operation_id = "get_wording", params(("kind" = WordingKind, Path)), responses((status = 200, body = WordingView)))]
#[get("/wordings/{kind}")]
pub async fn get_wording(app: web::Data<App>, may: May<ReadWordings>, path: web::Path<String>) -> Answer {
    let (area, kind) = (office_of(&may)?, kind_of(&path)?);
    let (entry, text) = app.read(move |conn| Ok(entry(kind, store::nearest(conn, kind, &area)?))).await?;
    let placeholders = lint::known_placeholders(kind).into_iter().map(|(name, example)| Placeholder { name, example });
    let clauses =
        lint::required_clauses(kind).map(|(name, law)| RequiredClause { name: name.to_owned(), law: law.to_owned() });
    ok(WordingView {
        entry,
        text,
        built_in_text: kind.built_in().to_owned(),
        placeholders: placeholders.collect(),
        clauses: clauses.collect(),
    })
}

/// The versions of the caller's area, the newest first.
#[utoipa::path(tag = "wordings", operation_id = "list_wording_versions", params(("kind" = WordingKind, Path)), responses((status = 200, body = Vec<WordingVersion>)))]
#[get("/wordings/{kind}/versions")]
pub async fn list_wording_versions(app: web::Data<App>, may: May<ReadWordings>, path: web::Path<String>) -> Answer {
    let (area, kind) = (office_of(&may)?, kind_of(&path)?);
    let list = app.read(move |conn| store::versions(conn, kind, &area)).await?;
    ok(list.into_iter().map(WordingVersion::from).collect::<Vec<_>>())
}

/// What stands against a text, and how it would read with made-up values. Nothing of it is kept.
#[utoipa::path(tag = "wordings", operation_id = "try_wording", params(("kind" = WordingKind, Path)), request_body = WordingTrialBody, responses((status = 200, body = WordingTrial)))]
#[post("/wordings/{kind}/trial")]
pub async fn try_wording(
    app: web::Data<App>,
    _may: May<ChangeWordings>,
    path: web::Path<String>,
    body: Body<WordingTrialBody>,
) -> Answer {
    let (kind, text) = (kind_of(&path)?, tidy(&body.text));
    let findings = judged(&app, kind, text.clone()).await?;
    ok(WordingTrial { holds: findings.is_empty(), findings, sample: lint::sample(kind, &text) })
}

/// A text as the paper it would make, with made-up values (PDF). Nothing of it is kept.
#[utoipa::path(tag = "wordings", operation_id = "preview_wording", params(("kind" = WordingKind, Path)), request_body = WordingTrialBody, responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
#[post("/wordings/{kind}/preview.pdf")]
pub async fn preview_wording(
    app: web::Data<App>,
    _may: May<ChangeWordings>,
    path: web::Path<String>,
    body: Body<WordingTrialBody>,
) -> Answer {
    let (kind, text) = (kind_of(&path)?, tidy(&body.text));
    let findings = judged(&app, kind, text.clone()).await?;
    let written = lint::sample(kind, &text).ok_or_else(|| refused(&findings))?;
    let (sheet, data) = paper::sample(kind, &written, app.clock.today());
    let mark = Mark {
        number: kind.as_str().to_owned(),
        hash: app.vault.digest(written.as_bytes()),
        address: app.config.deployment.public_url.clone(),
    };
    let bytes = app.apart(move |press| Manuscript { sheet, data, mark }.set(press)).await?;
    file("application/pdf", &format!("{kind}.pdf"), bytes)
}

/// Sets the wording of the caller's area; papers made from now on use it. Those that were sent for signing stay as they are.
#[utoipa::path(tag = "wordings", operation_id = "set_wording", params(("kind" = WordingKind, Path)), request_body = WordingBody, responses((status = 200, body = WordingVersion)))]
#[put("/wordings/{kind}")]
pub async fn set_wording(
    app: web::Data<App>,
    may: May<ChangeWordings>,
    path: web::Path<String>,
    body: Body<WordingBody>,
) -> Answer {
    let (area, kind, text) = (office_of(&may)?, kind_of(&path)?, tidy(&body.text));
    let findings = judged(&app, kind, text.clone()).await?;
    if !findings.is_empty() {
        return Err(refused(&findings).into());
    }
    let (now, note) = (app.clock.now(), body.into_inner().note);
    let set = app
        .write(move |tx| {
            let said = (Some(text.as_str()), note.as_deref());
            let version = store::set(tx, now, kind, &area, said, may.actor.person_id)?;
            record(tx, now, &may.actor, "wording.set", kind, &version)?;
            Ok(WordingVersion::from(version))
        })
        .await?;
    ok(set)
}

/// Withdraws the wording of the caller's area: that of the county, or the built-in one, is in effect again.
#[utoipa::path(tag = "wordings", operation_id = "withdraw_wording", params(("kind" = WordingKind, Path)), responses((status = 204)))]
#[delete("/wordings/{kind}")]
pub async fn withdraw_wording(app: web::Data<App>, may: May<ChangeWordings>, path: web::Path<String>) -> Answer {
    let (area, kind, now) = (office_of(&may)?, kind_of(&path)?, app.clock.now());
    app.write(move |tx| {
        if store::newest(tx, kind, &area)?.is_none_or(|newest| newest.text.is_none()) {
            return Err(Problem::of("no_own_wording").into());
        }
        let version = store::set(tx, now, kind, &area, (None, None), may.actor.person_id)?;
        record(tx, now, &may.actor, "wording.withdrawn", kind, &version)
    })
    .await?;
    no_content()
}

/// The area of the office that grants the permission.
fn office_of<P: Permission>(may: &May<P>) -> Outcome<String> {
    let post = may.actor.posts.iter().find(|post| P::POSTS.contains(&post.kind));
    let area = post.map(|post| post.area_code.clone()).ok_or_else(|| Problem::of("forbidden"))?;
    match areas::level_of(&area) {
        AreaLevel::Township | AreaLevel::County => Ok(area),
        _ => Err(Problem::of("forbidden").into()),
    }
}

fn kind_of(path: &str) -> Outcome<WordingKind> {
    path.parse().map_err(|_| Problem::not_found().into())
}

/// Line ends as we write them; no blanks at the end of a line.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned() + "\n"
}

async fn judged(app: &App, kind: WordingKind, text: String) -> Outcome<Vec<WordingFinding>> {
    app.apart(move |press| Ok(lint::lint(kind, &text, &|text| press.missing_characters(text).unwrap_or_default())))
        .await
}

fn refused(findings: &[WordingFinding]) -> Problem {
    let words: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
    Problem::of("wording_refused").with("findings", words.join(""))
}

fn entry(kind: WordingKind, own: Option<Version>) -> (WordingEntry, String) {
    match own.and_then(|version| Some((version.name(), version.text.clone()?, version))) {
        Some((name, text, version)) => {
            let entry = WordingEntry {
                kind,
                version: name,
                built_in: false,
                area_code: Some(version.area_code),
                set_at: Some(version.set_at),
            };
            (entry, text)
        }
        None => {
            let version = BUILT_IN_VERSION.to_owned();
            let entry = WordingEntry { kind, version, built_in: true, area_code: None, set_at: None };
            (entry, kind.built_in().to_owned())
        }
    }
}

fn record(
    tx: &mut Conn,
    now: Instant,
    actor: &Actor,
    action: &'static str,
    kind: WordingKind,
    version: &Version,
) -> Outcome<()> {
    let event = Event {
        actor: Some(actor),
        action,
        subject_kind: "wording",
        subject_id: version.version,
        child_id: None,
        area_code: Some(&version.area_code),
    };
    audit::record(tx, now, &event, &serde_json::json!({ "kind": kind, "version": version.name() }))
}
