//! What of the post lies within the caller's sight, and how people are shown there.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use utoipa::ToSchema;

use crate::areas::{significant, within};
use crate::audit::Access;
use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::identity::{Actor, PostKind, Scope, Sex};
use crate::messaging::phone::Mobile;
use crate::messaging::quiet::Urgency;
use crate::messaging::wording;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::people;

/// Whom a message is for, without full name and number.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MessageAddressee)]
pub struct Addressee {
    pub person_id: i64,
    #[schema(example = "王先生")]
    pub called: String,
    #[schema(example = "139****0009")]
    pub phone_masked: Option<String>,
}

/// The condition that `column` lies in the caller's areas, and in `area` when one is asked for.
pub fn within_sight(column: &str, scope: &Scope, area: Option<&str>) -> SqlLiteral<Bool> {
    let ways: Vec<String> = scope.areas.iter().map(|prefix| within(column, prefix)).collect();
    let reach = if ways.is_empty() { "1 = 0".to_owned() } else { ways.join(" OR ") };
    let wanted = area.map_or_else(|| "1 = 1".to_owned(), |code| within(column, significant(code)));
    sql(&format!("(({reach}) AND {wanted})"))
}

/// The condition that a message is not about danger, unless the caller sits at the county's desk.
pub fn not_about_danger(actor: &Actor) -> SqlLiteral<Bool> {
    if actor.holds(PostKind::CountyAdministrator) {
        return sql("1 = 1");
    }
    sql(&format!("messages.urgency <> '{}'", Urgency::Safety))
}

/// The condition that what a message of reminders tells is still open: nobody is phoned about what is done.
pub fn still_owed() -> SqlLiteral<Bool> {
    sql(&format!(
        "(messages.template <> '{}' OR EXISTS (SELECT 1 FROM reminders r JOIN duties d ON d.id = r.duty_id \
         WHERE r.message_id = COALESCE(messages.origin_id, messages.id) AND d.closed_at IS NULL))",
        crate::messaging::compose::REMINDERS
    ))
}

/// People by id, as they may be shown.
pub fn addressees(
    conn: &mut Conn,
    vault: &Vault,
    ids: impl IntoIterator<Item = i64>,
) -> Outcome<HashMap<i64, Addressee>> {
    let rows: Vec<(i64, String, Sex, Option<String>)> = people::table
        .filter(people::id.eq_any(ids.into_iter().collect::<Vec<_>>()))
        .select((people::id, people::name, people::sex, people::phone_sealed))
        .load(conn)?;
    rows.into_iter()
        .map(|(person_id, name, sex, sealed)| {
            let phone = vault.open_option(Purpose::Phone, sealed.as_deref())?;
            let phone_masked = phone.and_then(|digits| Mobile::parse(&digits).ok()).map(|mobile| mobile.masked());
            Ok((person_id, Addressee { person_id, called: wording::salutation(&name, sex, None), phone_masked }))
        })
        .collect()
}

/// The reads of children's records that go with a look at what is about them.
pub fn reads(
    actor: &Actor,
    now: Instant,
    what: &'static str,
    purpose: &'static str,
    children: impl IntoIterator<Item = i64>,
) -> Vec<Access> {
    let mut ids: Vec<i64> = children.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|child_id| Access::of(actor, now, child_id, what, purpose)).collect()
}
