//! Who might keep this child company: suggestions with their reasons, never a decision (P11).
//!
//! A candidate with an obstacle is shown too, last, so that the coordinator sees why not.
//! The order depends on the facts alone: the same facts in any order give the same list.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::config::VolunteersConfig;
use crate::identity::Sex;
use crate::text_enum;
use crate::volunteers::volunteer::{Missing, ServiceForm, VolunteerState};

text_enum! {
    /// How far apart two villages are, told from their area codes alone.
    pub enum Distance {
        SameVillage = "same_village",
        SameTownship = "same_township",
        SameCounty = "same_county",
        Elsewhere = "elsewhere",
    }
}

text_enum! {
    /// What speaks for a candidate.
    pub enum Fit {
        SameVillage = "same_village",
        SameTownship = "same_township",
        SameSex = "same_sex",
        SameLanguage = "same_language",
        MeetsNeed = "meets_need",
        HasRoom = "has_room",
        KnowsSibling = "knows_sibling",
    }
}

text_enum! {
    /// What speaks against a candidate without ruling them out.
    pub enum Doubt {
        OtherSex = "other_sex",
        NoCommonLanguage = "no_common_language",
        NeedNotMet = "need_not_met",
        FarAway = "far_away",
        NearlyFull = "nearly_full",
    }
}

text_enum! {
    /// What rules a candidate out.
    pub enum Obstacle {
        NotAdmitted = "not_admitted",
        ProofMissing = "proof_missing",
        LoadFull = "load_full",
        AlreadyPaired = "already_paired",
        OwnHousehold = "own_household",
        FamilyDeclined = "family_declined",
    }
}

/// What is known about the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildFacts {
    pub village_code: String,
    pub sex: Sex,
    pub language: Option<String>,
    pub needs: BTreeSet<ServiceForm>,
}

/// What is known about one volunteer with regard to this child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub volunteer_id: i64,
    pub area_code: String,
    pub sex: Sex,
    pub languages: BTreeSet<String>,
    pub skills: BTreeSet<ServiceForm>,
    pub state: VolunteerState,
    pub missing: Vec<Missing>,
    /// Children in open pairings (proposed, active, paused).
    pub load: i64,
    /// The most this volunteer wants; the rules cap it.
    pub wishes_at_most: i64,
    pub paired_with_child: bool,
    pub paired_with_sibling: bool,
    pub of_own_household: bool,
    pub declined_by_family: bool,
}

/// One reason, with the service form it speaks of where it speaks of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Because<T> {
    pub code: T,
    pub about: Option<ServiceForm>,
}

/// A candidate with the reasons for, against and in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub volunteer_id: i64,
    pub distance: Distance,
    pub load: i64,
    pub points: i64,
    pub fits: Vec<Because<Fit>>,
    pub doubts: Vec<Because<Doubt>>,
    pub obstacles: Vec<Obstacle>,
}

/// How many children one volunteer may keep company, whatever they wish for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchingRules {
    pub load_at_most: i64,
}

impl From<&VolunteersConfig> for MatchingRules {
    fn from(config: &VolunteersConfig) -> Self {
        Self { load_at_most: config.load_max }
    }
}

impl Default for MatchingRules {
    fn default() -> Self {
        Self { load_at_most: 5 }
    }
}

/// All candidates, possible ones first, best fit first, then the less burdened, then by id.
pub fn suggest(child: &ChildFacts, candidates: &[Candidate], rules: &MatchingRules) -> Vec<Suggestion> {
    let mut suggestions: Vec<_> = candidates.iter().map(|candidate| weigh(child, candidate, rules)).collect();
    suggestions.sort_by_key(|s| (!s.obstacles.is_empty(), Reverse(s.points), s.load, s.volunteer_id));
    suggestions
}

/// One candidate weighed against one child.
pub fn weigh(child: &ChildFacts, candidate: &Candidate, rules: &MatchingRules) -> Suggestion {
    let distance = distance(&child.village_code, &candidate.area_code);
    let room = candidate.wishes_at_most.min(rules.load_at_most) - candidate.load;
    let fits = fits(child, candidate, distance, room);
    let doubts = doubts(child, candidate, distance, room);
    let points =
        fits.iter().map(|b| fit_points(b.code)).sum::<i64>() - doubts.iter().map(|b| doubt_points(b.code)).sum::<i64>();
    Suggestion {
        volunteer_id: candidate.volunteer_id,
        distance,
        load: candidate.load,
        points,
        fits,
        doubts,
        obstacles: obstacles(candidate, room),
    }
}

/// The coarse distance of two 12-digit area codes.
pub fn distance(one: &str, other: &str) -> Distance {
    let shared = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    match shared {
        12.. => Distance::SameVillage,
        9..12 => Distance::SameTownship,
        6..9 => Distance::SameCounty,
        _ => Distance::Elsewhere,
    }
}

fn fits(child: &ChildFacts, candidate: &Candidate, distance: Distance, room: i64) -> Vec<Because<Fit>> {
    let plain = [
        (distance == Distance::SameVillage).then_some(Fit::SameVillage),
        (distance == Distance::SameTownship).then_some(Fit::SameTownship),
        (child.sex == candidate.sex).then_some(Fit::SameSex),
        speaks(child, candidate).unwrap_or(false).then_some(Fit::SameLanguage),
        (room > 1).then_some(Fit::HasRoom),
        candidate.paired_with_sibling.then_some(Fit::KnowsSibling),
    ];
    let needs = child.needs.intersection(&candidate.skills);
    plain
        .into_iter()
        .flatten()
        .map(|code| Because { code, about: None })
        .chain(needs.map(|need| Because { code: Fit::MeetsNeed, about: Some(*need) }))
        .collect()
}

fn doubts(child: &ChildFacts, candidate: &Candidate, distance: Distance, room: i64) -> Vec<Because<Doubt>> {
    let plain = [
        (child.sex != candidate.sex).then_some(Doubt::OtherSex),
        (speaks(child, candidate) == Some(false)).then_some(Doubt::NoCommonLanguage),
        matches!(distance, Distance::SameCounty | Distance::Elsewhere).then_some(Doubt::FarAway),
        (room == 1).then_some(Doubt::NearlyFull),
    ];
    let unmet = child.needs.difference(&candidate.skills);
    plain
        .into_iter()
        .flatten()
        .map(|code| Because { code, about: None })
        .chain(unmet.map(|need| Because { code: Doubt::NeedNotMet, about: Some(*need) }))
        .collect()
}

fn obstacles(candidate: &Candidate, room: i64) -> Vec<Obstacle> {
    [
        (candidate.state != VolunteerState::Admitted).then_some(Obstacle::NotAdmitted),
        (!candidate.missing.is_empty()).then_some(Obstacle::ProofMissing),
        (room < 1).then_some(Obstacle::LoadFull),
        candidate.paired_with_child.then_some(Obstacle::AlreadyPaired),
        candidate.of_own_household.then_some(Obstacle::OwnHousehold),
        candidate.declined_by_family.then_some(Obstacle::FamilyDeclined),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether they share the child's language; `None` when the child's is not known.
fn speaks(child: &ChildFacts, candidate: &Candidate) -> Option<bool> {
    child.language.as_ref().map(|language| candidate.languages.contains(language))
}

fn fit_points(fit: Fit) -> i64 {
    match fit {
        Fit::SameVillage => 30,
        Fit::KnowsSibling => 25,
        Fit::SameTownship => 15,
        Fit::MeetsNeed => 15,
        Fit::SameSex | Fit::SameLanguage => 10,
        Fit::HasRoom => 5,
    }
}

fn doubt_points(doubt: Doubt) -> i64 {
    match doubt {
        Doubt::NoCommonLanguage => 15,
        Doubt::OtherSex => 10,
        Doubt::FarAway => 10,
        Doubt::NeedNotMet => 5,
        Doubt::NearlyFull => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn child() -> ChildFacts {
        ChildFacts {
            village_code: "990101001001".into(),
            sex: Sex::Female,
            language: Some("苗语".into()),
            needs: BTreeSet::from([ServiceForm::Tutoring]),
        }
    }

    fn candidate(volunteer_id: i64) -> Candidate {
        Candidate {
            volunteer_id,
            area_code: "990101001002".into(),
            sex: Sex::Female,
            languages: BTreeSet::from(["苗语".to_owned()]),
            skills: BTreeSet::from([ServiceForm::Tutoring]),
            state: VolunteerState::Admitted,
            missing: vec![],
            load: 1,
            wishes_at_most: 5,
            paired_with_child: false,
            paired_with_sibling: false,
            of_own_household: false,
            declined_by_family: false,
        }
    }

    #[test]
    fn a_suggestion_says_why_and_why_not() {
        let near = Candidate { sex: Sex::Male, area_code: "990101001001".into(), ..candidate(1) };
        let seen = weigh(&child(), &near, &MatchingRules::default());
        let fits: Vec<_> = seen.fits.iter().map(|b| b.code).collect();
        assert_eq!(fits, [Fit::SameVillage, Fit::SameLanguage, Fit::HasRoom, Fit::MeetsNeed]);
        assert_eq!(seen.doubts, [Because { code: Doubt::OtherSex, about: None }]);
        assert!(seen.obstacles.is_empty());
    }

    #[test]
    fn a_volunteer_with_five_children_is_shown_last_and_says_why() {
        let full = Candidate { load: 5, area_code: "990101001001".into(), ..candidate(1) };
        let list = suggest(&child(), &[full, candidate(2)], &MatchingRules::default());
        assert_eq!(list.iter().map(|s| s.volunteer_id).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(list[1].obstacles, [Obstacle::LoadFull]);
    }

    #[test]
    fn wishing_for_more_than_five_does_not_raise_the_limit() {
        let eager = Candidate { load: 5, wishes_at_most: 50, ..candidate(1) };
        assert_eq!(weigh(&child(), &eager, &MatchingRules::default()).obstacles, [Obstacle::LoadFull]);
    }

    #[test]
    fn an_unknown_language_counts_neither_way() {
        let silent = ChildFacts { language: None, ..child() };
        let seen = weigh(&silent, &candidate(1), &MatchingRules::default());
        assert!(!seen.fits.iter().any(|b| b.code == Fit::SameLanguage));
        assert!(!seen.doubts.iter().any(|b| b.code == Doubt::NoCommonLanguage));
    }

    #[test]
    fn distance_is_told_from_the_area_codes() {
        assert_eq!(distance("990101001001", "990101001001"), Distance::SameVillage);
        assert_eq!(distance("990101001001", "990101001009"), Distance::SameTownship);
        assert_eq!(distance("990101001001", "990101002001"), Distance::SameCounty);
        assert_eq!(distance("990101001001", "990102001001"), Distance::Elsewhere);
        assert_eq!(distance("", "990102001001"), Distance::Elsewhere);
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        (
            1i64..50,
            proptest::sample::select(vec!["990101001001", "990101001002", "990101002001", "990202001001"]),
            proptest::sample::select(Sex::ALL),
            proptest::sample::select(VolunteerState::ALL),
            0i64..8,
            0i64..8,
            proptest::collection::btree_set(proptest::sample::select(ServiceForm::ALL), 0..3),
            any::<[bool; 4]>(),
        )
            .prop_map(|(id, area, sex, state, load, wish, skills, flags)| Candidate {
                area_code: area.to_owned(),
                sex,
                state,
                load,
                wishes_at_most: wish,
                skills,
                paired_with_child: flags[0],
                paired_with_sibling: flags[1],
                of_own_household: flags[2],
                declined_by_family: flags[3],
                ..candidate(id)
            })
    }

    fn distinct(candidates: Vec<Candidate>) -> Vec<Candidate> {
        let mut seen = BTreeSet::new();
        candidates.into_iter().filter(|c| seen.insert(c.volunteer_id)).collect()
    }

    proptest! {
        #[test]
        fn the_order_of_the_candidates_does_not_matter(list in proptest::collection::vec(any_candidate(), 0..12)) {
            let list = distinct(list);
            let mut turned = list.clone();
            turned.reverse();
            let rules = MatchingRules::default();
            prop_assert_eq!(suggest(&child(), &list, &rules), suggest(&child(), &turned, &rules));
        }

        #[test]
        fn nobody_is_left_out_and_the_possible_come_first(list in proptest::collection::vec(any_candidate(), 0..12)) {
            let list = distinct(list);
            let seen = suggest(&child(), &list, &MatchingRules::default());
            prop_assert_eq!(seen.len(), list.len());
            prop_assert!(seen.is_sorted_by_key(|s| !s.obstacles.is_empty()));
        }

        #[test]
        fn nobody_without_obstacles_would_exceed_the_load(one in any_candidate()) {
            let seen = weigh(&child(), &one, &MatchingRules::default());
            prop_assert!(!seen.obstacles.is_empty() || one.load < 5);
        }
    }
}
