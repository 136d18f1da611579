//! Receipts and replies where the configuration says that their fields stand.

use serde_json::Value;

use super::settings::{ReceiptFields, ReplyFields};
use crate::messaging::channels::sms::news::{Fields, Malformed, Receipt, Reply, field};

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
    let code = optional(&places.error).or(Some(status));
    Ok(Receipt { reference, provider_id, delivered, number_invalid, code, ..Receipt::default() })
}

fn reply(places: &ReplyFields, item: &Value) -> Result<Reply, Malformed> {
    let from = field(item, &places.from).ok_or(Malformed::FieldMissing)?;
    let text = field(item, &places.text).ok_or(Malformed::FieldMissing)?;
    let id = places.id.as_deref().and_then(|place| field(item, place)).filter(|id| !id.is_empty());
    Ok(Reply { id, from, text })
}
