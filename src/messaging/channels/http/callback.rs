//! What a gateway tells us: receipts and replies, as query, form, JSON object or JSON array.

use actix_web::web::Query;
use serde_json::{Map, Value};
use thiserror::Error;

use super::settings::{ReceiptFields, ReplyFields};

/// Most receipts or replies one call may carry.
const MOST_ITEMS: usize = 1000;
const LONGEST_FIELD_CHARS: usize = 2000;

/// A callback, whatever form it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields(Value);

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub reference: Option<String>,
    pub provider_id: Option<String>,
    /// `Some(true)` on the phone, `Some(false)` never, `None` still on its way.
    pub delivered: Option<bool>,
    /// The network says that the number does not exist.
    pub number_invalid: bool,
    pub code: Option<String>,
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
            provider_id: None,
            delivered: Some(status == "delivered"),
            number_invalid: status == "number_invalid",
            code: Some(status),
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

    fn items(&self, list: Option<&str>) -> Result<Vec<&Value>, Malformed> {
        let place = match list {
            Some(pointer) => self.0.pointer(pointer).ok_or(Malformed::FieldMissing)?,
            None => &self.0,
        };
        let items: Vec<&Value> = place.as_array().map_or_else(|| vec![place], |items| items.iter().collect());
        if items.len() > MOST_ITEMS { Err(Malformed::TooMany) } else { Ok(items) }
    }
}

pub(super) fn receipts(places: &ReceiptFields, fields: &Fields) -> Result<Vec<Receipt>, Malformed> {
    fields.items(places.list.as_deref())?.into_iter().map(|item| receipt(places, item)).collect()
}

pub(super) fn replies(places: &ReplyFields, fields: &Fields) -> Result<Vec<Reply>, Malformed> {
    fields.items(places.list.as_deref())?.into_iter().map(|item| reply(places, item)).collect()
}

fn receipt(places: &ReceiptFields, item: &Value) -> Result<Receipt, Malformed> {
    let status = field(item, &places.status).ok_or(Malformed::FieldMissing)?;
    let optional =
        |place: &Option<String>| place.as_deref().and_then(|place| field(item, place)).filter(|v| !v.is_empty());
    let (reference, provider_id) = (optional(&places.reference), optional(&places.provider_id));
    if reference.is_none() && provider_id.is_none() {
        return Err(Malformed::FieldMissing);
    }
    let number_invalid = places.number_invalid.contains(&status)
        || optional(&places.error).is_some_and(|code| places.number_invalid.contains(&code));
    let delivered = if places.delivered.contains(&status) {
        Some(true)
    } else {
        (number_invalid || places.undelivered.contains(&status)).then_some(false)
    };
    Ok(Receipt { reference, provider_id, delivered, number_invalid, code: optional(&places.error).or(Some(status)) })
}

fn reply(places: &ReplyFields, item: &Value) -> Result<Reply, Malformed> {
    let from = field(item, &places.from).ok_or(Malformed::FieldMissing)?;
    let text = field(item, &places.text).ok_or(Malformed::FieldMissing)?;
    let id = places.id.as_deref().and_then(|place| field(item, place)).filter(|id| !id.is_empty());
    Ok(Reply { id, from, text })
}

fn field(item: &Value, place: &str) -> Option<String> {
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
