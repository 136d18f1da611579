//! Who sees which field of a child's record, masked how: one table, and the record as it is shown is built from it.
//!
//! What the table does not name is not shown: a new field stays hidden until somebody decides who may see it. Identity
//! numbers and phones are masked before they come here and stand in full only in `numbers`, for a purpose that is logged;
//! health and HIV status have resources of their own. The view shown stands in the access log.

use serde_json::Value;

use super::access::ReadChild;
use super::classification::LabelKind;
use super::classification::facts::CircumstanceKind;
use super::record::ChildRecord;
use crate::identity::{Actor, May};
use crate::problem::{Fault, Outcome};

/// For whom a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Staff of the village and the township.
    Staff,
    /// Parents and carers.
    Family,
    /// Somebody beyond reach, for a reason that is reviewed (`oversight`).
    Opened,
}

impl View {
    pub const ALL: [Self; 3] = [Self::Staff, Self::Family, Self::Opened];

    /// As it stands in the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Family => "family",
            Self::Opened => "opened",
        }
    }
}

/// How much of a field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Full,
    /// Only in the entry about the reader.
    Own,
    /// Of a list, what is not about harm, and of a label not its reasons.
    Harmless,
    Never,
}
use Sight::{Full, Harmless, Never, Own};

/// field → staff, family, opened. `household.members[]` stands for each member.
pub const TABLE: &[(&str, [Sight; 3])] = &[
    ("id", [Full, Full, Full]),
    ("version", [Full, Full, Full]),
    ("name", [Full, Full, Full]),
    ("sex", [Full, Full, Full]),
    ("birth_date", [Full, Full, Full]),
    ("age", [Full, Full, Full]),
    ("identity_number_masked", [Full, Full, Full]),
    ("phone_masked", [Full, Full, Full]),
    ("ethnicity", [Full, Full, Never]),
    ("rural_registration", [Full, Full, Full]),
    ("parents_unfindable_since", [Full, Full, Full]),
    ("remark", [Full, Never, Full]),
    ("village_code", [Full, Full, Full]),
    ("state", [Full, Full, Full]),
    ("exited_at", [Full, Full, Full]),
    ("exit_reason", [Full, Full, Full]),
    ("risk_level", [Full, Full, Full]),
    ("confirmed_at", [Full, Full, Full]),
    ("household.id", [Full, Full, Full]),
    ("household.version", [Full, Full, Full]),
    ("household.address", [Full, Never, Full]),
    ("household.members[].id", [Full, Full, Full]),
    ("household.members[].person_id", [Full, Full, Full]),
    ("household.members[].name", [Full, Full, Full]),
    ("household.members[].kin", [Full, Full, Full]),
    ("household.members[].holds_guardianship", [Full, Full, Full]),
    ("household.members[].cares", [Full, Full, Full]),
    ("household.members[].condition", [Full, Full, Full]),
    ("household.members[].condition_since", [Full, Full, Never]),
    ("household.members[].condition_expected_until", [Full, Own, Never]),
    ("household.members[].backup_order", [Full, Full, Full]),
    ("household.members[].away", [Full, Own, Full]),
    ("household.members[].undated_place", [Full, Own, Full]),
    ("household.members[].phone_masked", [Full, Own, Full]),
    ("household.members[].phone_state", [Full, Full, Full]),
    ("schooling", [Full, Full, Full]),
    ("school_id", [Full, Full, Full]),
    ("circumstances", [Full, Harmless, Full]),
    ("labels", [Full, Harmless, Full]),
    ("gaps", [Full, Full, Never]),
];

/// Whether the caller's posts give them the record of a child in this village without more ado.
pub fn reads_anyway(actor: &Actor, village: &str) -> bool {
    May::<ReadChild>::of(actor.clone()).is_ok_and(|may| may.scope.covers(village))
}

/// The record as `view` shows it to `reader`.
pub fn show(record: &ChildRecord, view: View, reader: i64) -> Outcome<Value> {
    let mut shown = serde_json::to_value(record).map_err(Fault::internal)?;
    prune(&mut shown, "", view, reader, false);
    Ok(shown)
}

fn prune(value: &mut Value, path: &str, view: View, reader: i64, own: bool) {
    let Value::Object(fields) = value else { return };
    let own = own || fields.get("person_id").and_then(Value::as_i64) == Some(reader);
    for (name, field) in fields.iter_mut() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match sight(&path, view) {
            Some(Full) => {}
            Some(Own) if own => {}
            Some(Harmless) => keep_harmless(field, name == "labels"),
            Some(Own | Never) => hide(field),
            None => match field {
                Value::Object(_) => prune(field, &path, view, reader, own),
                Value::Array(items) if items.iter().all(Value::is_object) && is_prefix(&format!("{path}[].")) => {
                    items.iter_mut().for_each(|item| prune(item, &format!("{path}[]"), view, reader, own));
                }
                _ => hide(field),
            },
        }
    }
}

fn sight(path: &str, view: View) -> Option<Sight> {
    let (_, sights) = TABLE.iter().find(|(field, _)| *field == path)?;
    let [staff, family, opened] = *sights;
    Some(match view {
        View::Staff => staff,
        View::Family => family,
        View::Opened => opened,
    })
}

fn is_prefix(path: &str) -> bool {
    TABLE.iter().any(|(field, _)| field.starts_with(path))
}

fn hide(field: &mut Value) {
    *field = if field.is_array() { Value::Array(Vec::new()) } else { Value::Null };
}

fn keep_harmless(field: &mut Value, labels: bool) {
    let Value::Array(items) = field else { return hide(field) };
    let kind = |item: &Value| item.get("kind").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    items.retain(|item| if labels { is_harmless_label(&kind(item)) } else { is_harmless_fact(&kind(item)) });
    if labels {
        items.iter_mut().filter_map(|item| item.get_mut("reasons")).for_each(hide);
    }
}

fn is_harmless_label(kind: &str) -> bool {
    kind.parse::<LabelKind>().is_ok_and(|kind| !kind.is_harm() && !kind.is_key_target())
}

fn is_harmless_fact(kind: &str) -> bool {
    kind.parse::<CircumstanceKind>().is_ok_and(|kind| {
        let about_parents = matches!(kind, CircumstanceKind::DrinkerParent | CircumstanceKind::DrugUserParent);
        !kind.is_harm() && !about_parents
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A record in which every field is filled.
    fn full() -> Value {
        json!({
            "id": 1, "version": 3, "name": "王小雨", "sex": "female", "birth_date": "2017-05-20", "age": 8,
            "identity_number_masked": "999999**********26", "phone_masked": "139****0009", "ethnicity": "苗族",
            "rural_registration": true, "parents_unfindable_since": "2025-01-01", "remark": "备注",
            "village_code": "990101100201", "state": "exited", "exited_at": "2026-01-01T00:00:00.000+08:00",
            "exit_reason": "other", "risk_level": "high", "confirmed_at": "2026-01-01T00:00:00.000+08:00",
            "household": {"id": 4, "version": 2, "address": "石板村三组", "members": [
                {"id": 5, "person_id": 7, "name": "王大山", "kin": "father", "holds_guardianship": true, "cares": false,
                 "condition": "imprisoned", "condition_since": "2025-01-01", "condition_expected_until": "2027-01-01",
                 "backup_order": 1, "away": {"place": "东莞", "outside_county": true, "since": "2025-02-10"},
                 "undated_place": "东莞", "phone_masked": "139****0009", "phone_state": "verified"},
                {"id": 6, "person_id": 8, "name": "陈小梅", "kin": "mother", "holds_guardianship": true, "cares": false,
                 "condition": "able", "condition_since": null, "condition_expected_until": null, "backup_order": null,
                 "away": {"place": "福州", "outside_county": true, "since": "2025-02-10"}, "undated_place": "福州",
                 "phone_masked": "138****0001", "phone_state": "verified"}
            ]},
            "schooling": {"school": "石桥镇中心小学", "grade": "二年级", "boarding": false, "enrolment": null},
            "school_id": 9,
            "circumstances": [
                {"id": 1, "kind": "minimum_living_allowance", "since": "2025-01-01", "until": null},
                {"id": 2, "kind": "abuse", "since": "2025-01-01", "until": null},
                {"id": 3, "kind": "drug_user_parent", "since": "2025-01-01", "until": null}
            ],
            "labels": [], "gaps": []
        })
    }

    fn record() -> ChildRecord {
        serde_json::from_value(full()).unwrap()
    }

    #[test]
    fn every_field_of_a_record_has_a_row_and_every_row_a_field() {
        let shown = show(&record(), View::Staff, 1).unwrap();
        assert_eq!(
            shown,
            serde_json::to_value(record()).unwrap(),
            "staff see the record; a field without a row would be gone"
        );
        for (path, _) in TABLE {
            let mut at = &shown;
            for part in path.split('.') {
                let name = part.trim_end_matches("[]");
                at = at.get(name).unwrap_or_else(|| panic!("{path} is no field"));
                if part.ends_with("[]") {
                    at = &at[0];
                }
            }
        }
    }

    #[test]
    fn what_is_shown_is_still_a_record_in_every_view() {
        for view in View::ALL {
            serde_json::from_value::<ChildRecord>(show(&record(), view, 7).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_family_sees_nothing_of_harm_and_of_the_others_not_where_they_are() {
        let shown = show(&record(), View::Family, 7).unwrap();
        assert_eq!(shown["circumstances"].as_array().unwrap().len(), 1);
        let [own, other] = [0, 1].map(|at| shown["household"]["members"][at].clone());
        assert_eq!(own["away"]["place"], "东莞");
        assert_eq!(
            (&other["away"], &other["undated_place"], &other["phone_masked"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!((&shown["remark"], &shown["household"]["address"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn a_field_without_a_row_is_not_shown() {
        let mut value = json!({"id": 1, "secret": "x", "household": {"id": 2, "secret": "y", "members": [{"id": 3, "secret": ["z"]}]}});
        prune(&mut value, "", View::Staff, 1, false);
        let hidden = json!({"id": 1, "secret": null, "household": {"id": 2, "secret": null, "members": [{"id": 3, "secret": []}]}});
        assert_eq!(value, hidden);
    }
}
