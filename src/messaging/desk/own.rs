//! A person's own messages, as they were told.

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::http::Page;
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::problem::{Outcome, Problem};
use crate::storage::schema::messages;
use crate::storage::{Conn, Db};

/// A message to the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnMessage {
    pub id: i64,
    #[schema(example = "王先生，这周该和孩子通个话了（今天到期）。")]
    pub text: String,
    pub urgency: Urgency,
    pub channel: Option<ChannelKind>,
    pub created_at: Instant,
    pub read_at: Option<Instant>,
}

/// What the person was told, newest first; never a one-time code, and of several copies one.
pub fn list(conn: &mut Conn, vault: &Vault, person_id: i64, page: &Page) -> Outcome<Vec<OwnMessage>> {
    type Row = (i64, Option<String>, Urgency, Option<ChannelKind>, Instant, Option<Instant>);
    let mut query = messages::table
        .filter(messages::person_id.eq(person_id))
        .filter(messages::body_sealed.is_not_null())
        .filter(messages::origin_id.is_null())
        .filter(messages::template.not_like("code/%"))
        .select((
            messages::id,
            messages::body_sealed,
            messages::urgency,
            messages::channel,
            messages::created_at,
            messages::read_at,
        ))
        .into_boxed::<Db>();
    if let Some(before) = page.after_id()? {
        query = query.filter(messages::id.lt(before));
    }
    let rows: Vec<Row> = query.order(messages::id.desc()).limit(page.fetch()).load(conn)?;
    rows.into_iter()
        .map(|(id, body, urgency, channel, created_at, read_at)| {
            let text = vault.open_option(Purpose::Message, body.as_deref())?.unwrap_or_default();
            Ok(OwnMessage { id, text, urgency, channel, created_at, read_at })
        })
        .collect()
}

/// Notes that the person has read it; the first time counts.
///
/// # Errors
/// *Not found* for somebody else's message.
pub fn read(tx: &mut Conn, now: Instant, person_id: i64, id: i64) -> Outcome<()> {
    let own = messages::table.filter(messages::id.eq(id)).filter(messages::person_id.eq(person_id));
    if own.count().get_result::<i64>(tx)? == 0 {
        return Err(Problem::not_found().into());
    }
    diesel::update(own.filter(messages::read_at.is_null())).set(messages::read_at.eq(now)).execute(tx)?;
    Ok(())
}
