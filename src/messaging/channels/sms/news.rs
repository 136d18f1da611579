//! What a gateway tells us, in the words of this program: receipts and replies, however they came in.

use actix_web::web::Query;
use serde_json::{Map, Value};
use thiserror::Error;

use super::http::Acknowledgement;

/// Most receipts or replies one call may carry.
const MOST_ITEMS: usize = 1000;
const LONGEST_FIELD_CHARS: usize = 2000;

/// Reads what one gateway sends us, in the gateway's own shape.
pub trait News: Send + Sync {
    /// Reads a receipt callback.
    ///
    /// # Errors
    /// [`Malformed`] when it does not have this gateway's fields.
    fn receipts(&self, fields: &Fields) -> Result<Vec<Receipt>, Malformed>;

    /// Reads a reply callback.
    ///
    /// # Errors
    /// [`Malformed`] when it does not have this gateway's fields.
    fn replies(&self, fields: &Fields) -> Result<Vec<Reply>, Malformed>;

    /// What a callback is answered with.
    fn acknowledgement(&self) -> Acknowledgement;
}

/// A callback, whatever form it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields(Value);

/// One receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub reference: Option<String>,
    pub provider_id: Option<String>,
    /// `Some(true)` on the phone, `Some(false)` never, `None` still on its way.
    pub delivered: Option<bool>,
    /// The network says that the number does not exist.
    pub number_invalid: bool,
    pub code: Option<String>,
    /// Which part of a long message it is about, where the gateway tells of each part.
    pub part: Option<Part>,
    /// The number, where it may settle a message whose answer was lost with the gateway's id in it.
    pub to: Option<String>,
    /// It carries the mark of another deployment that shares the account.
    pub foreign: bool,
}

/// One part of a long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub number: i64,
    pub total: i64,
}

/// One reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: Option<String>,
    pub from: String,
    pub text: String,
}

/// Why a callback cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    #[error("this gateway is not configured for it")]
    NotConfigured,
    #[error("the body is not of the announced form")]
    Body,
    #[error("a configured field is missing")]
    FieldMissing,
    #[error("too many items in one call")]
    TooMany,
}

impl Fields {
    /// Reads query and body; a field of the body wins over one of the query.
    ///
    /// # Errors
    /// [`Malformed::Body`] when the body is not what its content type says.
    pub fn read(content_type: &str, query: &str, body: &[u8]) -> Result<Self, Malformed> {
        let mut fields = form(query.as_bytes());
        let body = body.trim_ascii();
        if body.is_empty() {
            return Ok(Self(fields.into()));
        }
        if content_type.contains("json") || matches!(body.first(), Some(b'{' | b'[')) {
            return match serde_json::from_slice(body).map_err(|_| Malformed::Body)? {
                Value::Object(own) => {
                    fields.extend(own);
                    Ok(Self(fields.into()))
                }
                array @ Value::Array(_) => Ok(Self(array)),
                _ => Err(Malformed::Body),
            };
        }
        fields.extend(form(body));
        Ok(Self(fields.into()))
    }

    /// A receipt of the sandbox, or of a person who phoned: `reference`, `status`.
    ///
    /// # Errors
    /// [`Malformed::FieldMissing`].
    pub fn sandbox_receipt(&self) -> Result<Receipt, Malformed> {
        let status = field(&self.0, "status").ok_or(Malformed::FieldMissing)?;
        Ok(Receipt {
            reference: field(&self.0, "reference"),
            delivered: Some(status == "delivered"),
            number_invalid: status == "number_invalid",
            code: Some(status),
            ..Receipt::default()
        })
    }

    /// A reply typed in the sandbox: `from`, `text`.
    ///
    /// # Errors
    /// [`Malformed::FieldMissing`].
    pub fn sandbox_reply(&self) -> Result<Reply, Malformed> {
        let read = |name| field(&self.0, name).ok_or(Malformed::FieldMissing);
        Ok(Reply { id: None, from: read("from")?, text: read("text")? })
    }

    /// All of it.
    pub(in crate::messaging) fn value(&self) -> &Value {
        &self.0
    }

    /// The receipts or replies in it: the array itself, the array at `list`, or the one object.
    pub(in crate::messaging::channels) fn items(&self, list: Option<&str>) -> Result<Vec<&Value>, Malformed> {
        let place = match list {
            Some(pointer) => self.0.pointer(pointer).ok_or(Malformed::FieldMissing)?,
            None => &self.0,
        };
        let items: Vec<&Value> = place.as_array().map_or_else(|| vec![place], |items| items.iter().collect());
        if items.len() > MOST_ITEMS { Err(Malformed::TooMany) } else { Ok(items) }
    }
}

/// The scalar at `place`: a name, or a JSON pointer when it begins with `/`.
pub(in crate::messaging) fn field(item: &Value, place: &str) -> Option<String> {
    let value = if place.starts_with('/') { item.pointer(place)? } else { item.get(place)? };
    plain(value).map(|text| text.chars().take(LONGEST_FIELD_CHARS).collect())
}

/// A scalar as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn form(encoded: &[u8]) -> Map<String, Value> {
    let text = String::from_utf8_lossy(encoded);
    let pairs = Query::<Vec<(String, String)>>::from_query(&text).map(Query::into_inner).unwrap_or_default();
    pairs.into_iter().map(|(key, value)| (key, value.into())).collect()
}
