//! Which desks a report goes to: police contact, township and county, all at once.
//!
//! Somebody named as the one who may have done the harm never receives the report. A desk that is left empty, by
//! that or because nobody holds the post, is reported as a gap, and the others get the report all the same.
//! Naming everybody does not silence a report: when nobody else is left, the county hears it.

use std::collections::{BTreeMap, BTreeSet};

use crate::text_enum;

text_enum! {
    /// A desk that receives reports.
    pub enum Desk {
        Police = "police",
        Township = "township",
        County = "county",
    }
}

/// Somebody who sits at a desk that is responsible for the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Officer {
    pub person_id: i64,
    pub desk: Desk,
}

/// Where a report goes and which desks stay empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    pub officers: Vec<Officer>,
    pub desks: BTreeSet<Desk>,
    pub gaps: BTreeSet<Desk>,
}

/// The route of a report, given who sits at the responsible desks and who is suspected.
pub fn route(officers: &[Officer], suspected: &BTreeSet<i64>) -> Route {
    let unsuspected = officers.iter().filter(|officer| !suspected.contains(&officer.person_id));
    let mut receiving: BTreeMap<_, _> = unsuspected.map(keyed).collect();
    if receiving.is_empty() {
        receiving = officers.iter().filter(|officer| officer.desk == Desk::County).map(keyed).collect();
    }
    let receiving: Vec<_> = receiving.into_values().collect();
    let desks: BTreeSet<_> = receiving.iter().map(|officer| officer.desk).collect();
    let gaps = Desk::ALL.iter().copied().filter(|desk| !desks.contains(desk)).collect();
    Route { officers: receiving, desks, gaps }
}

fn keyed(officer: &Officer) -> ((Desk, i64), Officer) {
    ((officer.desk, officer.person_id), *officer)
}

impl Route {
    /// Whether a desk owes an acceptance: police and township do; the county is informed, and owes it when nobody
    /// else was reached.
    pub fn owes(&self, desk: Desk) -> bool {
        desk != Desk::County || self.desks.len() == 1
    }

    /// Who sits at a desk of this route.
    pub fn at(&self, desk: Desk) -> impl Iterator<Item = i64> {
        self.officers.iter().filter(move |officer| officer.desk == desk).map(|officer| officer.person_id)
    }
}

/// The area whose officers sit at `desk` for a place in `area_code` (12 digits).
pub fn area_of(desk: Desk, area_code: &str) -> String {
    let kept = match desk {
        Desk::Police | Desk::Township => 9,
        Desk::County => 6,
    };
    let prefix: String = area_code.chars().take(kept).collect();
    format!("{prefix:0<12}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn officer(person_id: i64, desk: Desk) -> Officer {
        Officer { person_id, desk }
    }

    #[test]
    fn police_township_and_county_get_the_report_at_once() {
        let all = [officer(3, Desk::County), officer(1, Desk::Police), officer(2, Desk::Township)];
        let seen = route(&all, &BTreeSet::new());
        assert_eq!(seen.officers.iter().map(|o| o.person_id).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(seen.gaps.is_empty());
    }

    #[test]
    fn a_suspected_officer_never_receives_the_report() {
        let all = [officer(1, Desk::Police), officer(2, Desk::Township), officer(3, Desk::County)];
        let seen = route(&all, &BTreeSet::from([2]));
        assert!(!seen.officers.iter().any(|o| o.person_id == 2));
        assert_eq!(seen.gaps, BTreeSet::from([Desk::Township]));
    }

    #[test]
    fn naming_everybody_does_not_silence_a_report() {
        let all = [officer(1, Desk::Police), officer(3, Desk::County)];
        let seen = route(&all, &BTreeSet::from([1, 3]));
        assert_eq!(seen.officers, [officer(3, Desk::County)]);
    }

    #[test]
    fn a_desk_belongs_to_its_township_or_county() {
        assert_eq!(area_of(Desk::Police, "990101001002"), "990101001000");
        assert_eq!(area_of(Desk::County, "990101001002"), "990101000000");
    }

    proptest! {
        #[test]
        fn no_suspect_is_ever_among_the_receivers(
            raw in proptest::collection::vec((1i64..10, proptest::sample::select(Desk::ALL)), 0..12),
            suspected in proptest::collection::btree_set(1i64..10, 0..4),
        ) {
            let officers: Vec<_> = raw.into_iter().map(|(id, desk)| officer(id, desk)).collect();
            let seen = route(&officers, &suspected);
            let others = officers.iter().any(|o| !suspected.contains(&o.person_id));
            prop_assert!(!others || seen.officers.iter().all(|o| !suspected.contains(&o.person_id)));
            prop_assert_eq!(seen.desks.len() + seen.gaps.len(), 3);
        }
    }
}
