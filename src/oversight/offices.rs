//! The office behind a look, without the person.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use diesel::prelude::*;

use crate::identity::PostKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{areas, organisations};

/// What an entry of the access log says of the reader's post and organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `village_director@990101100201`; none for somebody with a tie only.
    pub post: Option<String>,
    pub organisation_id: Option<i64>,
}

impl Place {
    fn post(&self) -> Option<(PostKind, &str)> {
        let (kind, area) = self.post.as_deref()?.split_once('@')?;
        Some((kind.parse().ok()?, area))
    }
}

/// The names of these offices.
pub fn names(conn: &mut Conn, places: &[Place]) -> Outcome<BTreeMap<Place, String>> {
    let codes: Vec<&str> = places.iter().filter_map(Place::post).map(|(_, area)| area).collect();
    let areas: BTreeMap<String, String> = areas::table
        .filter(areas::code.eq_any(codes))
        .select((areas::code, areas::name))
        .load::<(String, String)>(conn)?
        .into_iter()
        .collect();
    let ids: Vec<i64> = places.iter().filter_map(|place| place.organisation_id).collect();
    let organisations: BTreeMap<i64, String> = organisations::table
        .filter(organisations::id.eq_any(ids))
        .select((organisations::id, organisations::name))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    Ok(places.iter().map(|place| (place.clone(), name(place, &areas, &organisations))).collect())
}

fn name(place: &Place, areas: &BTreeMap<String, String>, organisations: &BTreeMap<i64, String>) -> String {
    if let Some(name) = place.organisation_id.and_then(|id| organisations.get(&id)) {
        return name.clone();
    }
    match place.post() {
        Some((kind, area)) => {
            let area = areas.get(area).map(String::as_str).unwrap_or_default();
            // 石板村 + 村（居）委会 is not 石板村村（居）委会.
            let pattern = word(kind.as_str());
            let bare = if pattern.contains("村（居）") { area.trim_end_matches(['村']) } else { area };
            pattern.replace("{area}", bare)
        }
        None => word("volunteer").to_owned(),
    }
}

fn word(key: &str) -> &'static str {
    static WORDS: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| toml::from_str(include_str!("offices.toml")).unwrap_or_default());
    WORDS.get(key).map(String::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_post_but_the_police_has_an_office() {
        for kind in PostKind::ALL.iter().filter(|kind| **kind != PostKind::PoliceContact) {
            assert!(!word(kind.as_str()).is_empty(), "{kind}");
        }
    }

    #[test]
    fn an_office_is_named_by_its_place_or_its_own_name() {
        let areas = BTreeMap::from([
            ("990101100201".to_owned(), "石板村".to_owned()),
            ("990101100000".to_owned(), "石桥镇".to_owned()),
        ]);
        let organisations = BTreeMap::from([(7, "石桥镇中心小学".to_owned())]);
        let of = |post: &str, organisation_id| {
            name(&Place { post: Some(post.into()), organisation_id }, &areas, &organisations)
        };
        assert_eq!(of("village_director@990101100201", None), "石板村（居）委会");
        assert_eq!(of("township_supervisor@990101100000", None), "石桥镇人民政府");
        assert_eq!(of("teacher@990101100000", Some(7)), "石桥镇中心小学");
        let tied = Place { post: None, organisation_id: None };
        assert_eq!(name(&tied, &areas, &organisations), "结对志愿者");
    }
}
