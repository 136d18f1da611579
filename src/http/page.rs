//! Lists: cursor paging. A cursor is opaque; it names the last item seen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Instant;
use crate::problem::{Outcome, Problem};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// At most 200; 50 unless told.
    limit: Option<i64>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// Absent on the last part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl Page {
    fn limit(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
    }

    /// How many rows to fetch: one more than shown tells whether there is a next part.
    pub fn fetch(&self) -> i64 {
        self.limit() + 1
    }

    /// The id after which this part begins, for lists ordered by id.
    pub fn after_id(&self) -> Outcome<Option<i64>> {
        self.decoded(|text| text.parse().ok())
    }

    /// The instant and id after which this part begins.
    pub fn after_pair(&self) -> Outcome<Option<(Instant, i64)>> {
        self.decoded(|text| {
            let (at, id) = text.split_once('/')?;
            Some((Instant::from_millis(at.parse().ok()?), id.parse().ok()?))
        })
    }

    /// Cuts the extra row off and names the next part.
    pub fn listing<T>(&self, mut items: Vec<T>, cursor: impl Fn(&T) -> String) -> Listing<T> {
        let limit = usize::try_from(self.limit()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Listing { items, next_cursor }
    }

    fn decoded<T>(&self, read: impl Fn(&str) -> Option<T>) -> Outcome<Option<T>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(read) {
            Some(value) => Ok(Some(value)),
            None => Err(Problem::field("cursor", "cursor_invalid").into()),
        }
    }
}

pub fn id_cursor(id: i64) -> String {
    URL_SAFE_NO_PAD.encode(id.to_string())
}

pub fn pair_cursor(at: Instant, id: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{id}", at.millis()))
}
