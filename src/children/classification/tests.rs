use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::ageing::{announced, next_age_out};
use super::completeness::{Gap, Known, gaps};
use super::facts::*;
use super::*;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn parent(kin: Kin) -> Parent {
    Parent { kin, condition: Condition::Able, condition_since: None, condition_expected_until: None, stays: vec![] }
}

fn unwell(kin: Kin, condition: Condition, since: NaiveDate) -> Parent {
    Parent { condition, condition_since: Some(since), ..parent(kin) }
}

fn working(kin: Kin, since: NaiveDate) -> Parent {
    Parent { stays: vec![stay(since, None)], ..parent(kin) }
}

fn stay(since: NaiveDate, until: Option<NaiveDate>) -> Stay {
    Stay { since, until, outside_county: true, home_for_good: false }
}

fn child(parents: Vec<Parent>) -> Facts {
    Facts {
        birth_date: day(2015, 3, 8),
        rural_registration: true,
        parents,
        parents_unfindable_since: None,
        health: Health::default(),
        circumstances: vec![],
    }
}

fn with(mut facts: Facts, kind: CircumstanceKind, since: NaiveDate) -> Facts {
    facts.circumstances.push(Circumstance { kind, since, until: None });
    facts
}

fn kinds(facts: &Facts, on: NaiveDate) -> Vec<LabelKind> {
    labels(facts, &Policy::default(), on).into_iter().map(|label| label.kind).collect()
}

fn why(facts: &Facts, on: NaiveDate) -> Vec<ReasonCode> {
    labels(facts, &Policy::default(), on)
        .into_iter()
        .flat_map(|label| label.reasons)
        .map(|reason| reason.code)
        .collect()
}

const ON: (i32, u32, u32) = (2026, 11, 23);

fn today() -> NaiveDate {
    day(ON.0, ON.1, ON.2)
}

#[test]
fn both_parents_away_for_six_months_leave_a_child_behind() {
    let facts = child(vec![working(Kin::Father, day(2026, 1, 10)), working(Kin::Mother, day(2026, 2, 20))]);
    assert_eq!(kinds(&facts, day(2026, 8, 19)), []);
    let label = labels(&facts, &Policy::default(), day(2026, 8, 20)).remove(0);
    assert_eq!((label.kind, label.since), (LabelKind::LeftBehind, day(2026, 8, 20)));
    assert_eq!(label.until, Some(day(2031, 3, 8)));
    assert_eq!(label.reasons[0].code, ReasonCode::BothAway);
}

#[test]
fn one_parent_at_home_who_can_care_is_enough() {
    let facts = child(vec![working(Kin::Father, day(2020, 1, 1)), parent(Kin::Mother)]);
    assert_eq!(kinds(&facts, today()), []);
}

#[test]
fn one_away_and_the_other_unable_leaves_a_child_behind_and_names_the_one_at_home() {
    let facts = child(vec![
        working(Kin::Father, day(2020, 1, 1)),
        unwell(Kin::Mother, Condition::WithoutAbility, day(2025, 5, 1)),
    ]);
    let label = labels(&facts, &Policy::default(), today()).remove(0);
    assert_eq!((label.kind, label.since), (LabelKind::LeftBehind, day(2025, 5, 1)));
    assert_eq!(label.reasons[0].about, [About { kin: Kin::Mother, condition: Condition::WithoutAbility }]);
}

#[test]
fn a_widowed_parent_away_leaves_a_child_behind() {
    let facts =
        child(vec![unwell(Kin::Father, Condition::Dead, day(2022, 1, 1)), working(Kin::Mother, day(2023, 2, 1))]);
    assert_eq!(kinds(&facts, today()), [LabelKind::LeftBehind]);
}

#[test]
fn town_registration_and_work_within_the_county_do_not_count() {
    let mut facts = child(vec![working(Kin::Father, day(2020, 1, 1)), working(Kin::Mother, day(2020, 1, 1))]);
    facts.rural_registration = false;
    assert_eq!(kinds(&facts, today()), []);
    facts.rural_registration = true;
    facts.parents[0].stays[0].outside_county = false;
    assert_eq!(kinds(&facts, today()), []);
}

#[test]
fn a_visit_home_does_not_break_the_six_months_and_coming_home_for_good_does() {
    let mut father = working(Kin::Father, day(2026, 3, 1));
    father.stays = vec![stay(day(2025, 8, 1), Some(day(2026, 1, 25))), stay(day(2026, 2, 20), None)];
    let mut facts = child(vec![father, working(Kin::Mother, day(2020, 1, 1))]);
    assert_eq!(labels(&facts, &Policy::default(), today())[0].since, day(2026, 2, 1));
    facts.parents[0].stays[0].home_for_good = true;
    assert_eq!(kinds(&facts, day(2026, 8, 19)), []);
    assert_eq!(kinds(&facts, day(2026, 8, 20)), [LabelKind::LeftBehind]);
}

#[test]
fn a_visit_that_lasts_longer_than_the_policy_allows_ends_the_absence() {
    let mut facts = child(vec![working(Kin::Father, day(2020, 1, 1)), working(Kin::Mother, day(2020, 1, 1))]);
    facts.parents[0].stays[0].until = Some(day(2026, 9, 1));
    assert_eq!(kinds(&facts, day(2026, 10, 30)), [LabelKind::LeftBehind]);
    assert_eq!(next_change(&facts, &Policy::default(), day(2026, 9, 2)), Some(day(2026, 10, 31)));
    assert_eq!(kinds(&facts, day(2026, 10, 31)), []);
}

#[test]
fn no_label_is_given_where_a_parent_is_not_recorded_and_the_gap_is_named() {
    let facts = child(vec![working(Kin::Mother, day(2020, 1, 1))]);
    assert_eq!(kinds(&facts, today()), []);
    let known = Known { identity_number: true, a_parent_phone: true, ..Known::default() };
    assert_eq!(gaps(&facts, known), [Gap::Father, Gap::Carer]);
}

#[test]
fn the_sixteenth_birthday_ends_left_behind_and_the_eighteenth_the_rest() {
    let facts = with(
        child(vec![working(Kin::Father, day(2020, 1, 1)), working(Kin::Mother, day(2020, 1, 1))]),
        CircumstanceKind::SpecialHardshipSupport,
        day(2024, 1, 1),
    );
    assert_eq!(kinds(&facts, day(2031, 3, 7)), [LabelKind::LeftBehind, LabelKind::Family]);
    assert_eq!(kinds(&facts, day(2031, 3, 8)), [LabelKind::Family]);
    assert_eq!(kinds(&facts, day(2033, 3, 7)), [LabelKind::Family]);
    assert_eq!(kinds(&facts, day(2033, 3, 8)), []);
}

#[test]
fn ageing_out_is_announced_half_a_year_three_months_and_a_month_ahead() {
    let facts = child(vec![working(Kin::Father, day(2020, 1, 1)), working(Kin::Mother, day(2020, 1, 1))]);
    let now = labels(&facts, &Policy::default(), today());
    let out = next_age_out(facts.birth_date, &now, today()).unwrap();
    assert_eq!((out.age, out.on, out.ending), (16, day(2031, 3, 8), vec![LabelKind::LeftBehind]));
    let before = |days| announced(out.on, out.on - Days::new(days));
    assert_eq!(
        [before(181), before(180), before(91), before(90), before(31), before(30), before(1), before(0)],
        [None, Some(180), Some(180), Some(90), Some(90), Some(30), Some(30), None]
    );
}

#[test]
fn a_leap_day_child_stays_on_the_ledger_through_the_last_of_february() {
    let mut facts = with(child(vec![]), CircumstanceKind::Accident, day(2024, 1, 1));
    facts.birth_date = day(2008, 2, 29);
    assert_eq!(kinds(&facts, day(2026, 2, 28)), [LabelKind::Temporary]);
    assert_eq!(kinds(&facts, day(2026, 3, 1)), []);
}

#[test]
fn orphans_are_children_whose_parents_are_dead_or_not_to_be_found() {
    let gone = vec![
        unwell(Kin::Father, Condition::Dead, day(2019, 1, 1)),
        unwell(Kin::Mother, Condition::Missing, day(2021, 6, 1)),
    ];
    let label = labels(&child(gone), &Policy::default(), today()).remove(0);
    assert_eq!(
        (label.kind, label.since, label.reasons[0].code),
        (LabelKind::Orphan, day(2021, 6, 1), ReasonCode::ParentsGone)
    );
    let foundling = Facts { parents_unfindable_since: Some(day(2015, 3, 9)), ..child(vec![]) };
    assert_eq!(why(&foundling, today()), [ReasonCode::ParentsUnfindable]);
}

#[test]
fn an_adopted_orphan_has_parents() {
    let gone = [Kin::Father, Kin::Mother].map(|kin| unwell(kin, Condition::Dead, day(2019, 1, 1)));
    let mut parents = gone.to_vec();
    parents.push(parent(Kin::AdoptiveMother));
    assert_eq!(kinds(&child(parents), today()), []);
}

#[test]
fn every_way_to_be_de_facto_unsupported_is_recognised() {
    let ways = [
        Condition::SevereDisability,
        Condition::MentalDisability,
        Condition::SeriousIllness,
        Condition::Imprisoned,
        Condition::CompulsoryRehab,
        Condition::Detained,
        Condition::LostContact,
        Condition::GuardianshipRevoked,
        Condition::Deported,
    ];
    for father in ways {
        for mother in ways.into_iter().chain([Condition::Dead, Condition::Missing]) {
            let facts =
                child(vec![unwell(Kin::Father, father, day(2025, 1, 1)), unwell(Kin::Mother, mother, day(2025, 1, 1))]);
            assert!(kinds(&facts, today()).contains(&LabelKind::DeFactoUnsupported), "{father} {mother}");
            assert!(kinds(&facts, today()).contains(&LabelKind::Family), "{father} {mother}");
        }
    }
}

#[test]
fn lost_contact_counts_after_six_months_and_a_long_sentence_at_once() {
    let dead = unwell(Kin::Father, Condition::Dead, day(2020, 1, 1));
    let lost = child(vec![dead.clone(), unwell(Kin::Mother, Condition::LostContact, day(2026, 6, 1))]);
    assert!(!kinds(&lost, day(2026, 11, 30)).contains(&LabelKind::DeFactoUnsupported));
    assert!(kinds(&lost, day(2026, 12, 1)).contains(&LabelKind::DeFactoUnsupported));
    let mut mother = unwell(Kin::Mother, Condition::Imprisoned, day(2026, 10, 1));
    mother.condition_expected_until = Some(day(2028, 10, 1));
    let jailed = child(vec![dead.clone(), mother.clone()]);
    assert_eq!(
        kinds(&jailed, day(2026, 10, 1)),
        [LabelKind::Family, LabelKind::DeFactoUnsupported, LabelKind::KeyPrisonersChild]
    );
    mother.condition_expected_until = Some(day(2026, 12, 1));
    assert!(!kinds(&child(vec![dead, mother]), today()).contains(&LabelKind::DeFactoUnsupported));
}

#[test]
fn an_undated_lost_contact_proves_nothing_and_is_a_gap() {
    let mut mother = unwell(Kin::Mother, Condition::LostContact, today());
    mother.condition_since = None;
    let facts = child(vec![unwell(Kin::Father, Condition::Dead, day(2020, 1, 1)), mother]);
    assert!(!kinds(&facts, today()).contains(&LabelKind::DeFactoUnsupported));
    assert!(gaps(&facts, Known::default()).contains(&Gap::ConditionSince));
}

#[test]
fn disability_of_grade_two_counts_and_of_grade_three_does_not() {
    let mut facts = child(vec![]);
    for (grade, expected) in [(1, true), (2, true), (3, false), (4, false)] {
        facts.health.disability = Some(Disability { grade, kind: None, since: day(2020, 1, 1) });
        assert_eq!(kinds(&facts, today()) == [LabelKind::OwnCondition], expected, "grade {grade}");
    }
}

#[test]
fn family_difficulty_needs_the_poor_household_and_the_hardship_at_the_same_time() {
    let mut facts = with(child(vec![]), CircumstanceKind::MinimumLivingAllowance, day(2024, 1, 1));
    assert_eq!(kinds(&facts, today()), []);
    facts = with(facts, CircumstanceKind::SchoolingHardship, day(2025, 9, 1));
    assert_eq!(labels(&facts, &Policy::default(), today())[0].since, day(2025, 9, 1));
    facts.circumstances[0].until = Some(day(2025, 12, 1));
    assert_eq!(kinds(&facts, today()), []);
    assert_eq!(kinds(&facts, day(2025, 10, 1)), [LabelKind::Family]);
    let margin = with(
        with(child(vec![]), CircumstanceKind::MinimumLivingMargin, day(2024, 1, 1)),
        CircumstanceKind::SchoolingHardship,
        day(2024, 1, 1),
    );
    assert_eq!(kinds(&margin, today()), []);
}

#[test]
fn a_child_may_hold_several_labels_at_once() {
    let mut facts =
        child(vec![working(Kin::Father, day(2020, 1, 1)), unwell(Kin::Mother, Condition::Imprisoned, day(2025, 1, 1))]);
    facts =
        with(with(facts, CircumstanceKind::Begging, day(2026, 1, 1)), CircumstanceKind::DrinkerParent, day(2026, 1, 1));
    assert_eq!(
        kinds(&facts, today()),
        [
            LabelKind::LeftBehind,
            LabelKind::Safety,
            LabelKind::KeyVagrant,
            LabelKind::KeyDrinkersChild,
            LabelKind::KeyPrisonersChild
        ]
    );
}

#[test]
fn hiv_alone_leaves_no_trace_in_what_is_stored() {
    let mut facts = child(vec![]);
    facts.health.hiv_since = Some(day(2020, 1, 1));
    let all = labels(&facts, &Policy::default(), today());
    assert_eq!(all.len(), 1);
    assert_eq!(without_hiv(all), []);
    facts.health.disability = Some(Disability { grade: 1, kind: None, since: day(2022, 1, 1) });
    let shown = without_hiv(labels(&facts, &Policy::default(), today()));
    assert_eq!(shown[0].reasons.iter().map(|reason| reason.code).collect::<Vec<_>>(), [ReasonCode::GraveDisability]);
    assert_eq!(shown[0].since, day(2022, 1, 1));
}

fn some_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..7_000).prop_map(|n| day(2014, 1, 1) + Days::new(n))
}

fn some_parent(kin: Kin) -> impl Strategy<Value = Parent> {
    let stays = prop::collection::vec(
        (some_day(), prop::option::of(1u64..900), any::<bool>(), any::<bool>()).prop_map(
            |(since, length, outside_county, home_for_good)| Stay {
                since,
                until: length.map(|n| since + Days::new(n)),
                outside_county,
                home_for_good,
            },
        ),
        0..4,
    );
    (prop::sample::select(Condition::ALL), prop::option::of(some_day()), prop::option::of(some_day()), stays).prop_map(
        move |(condition, condition_since, condition_expected_until, stays)| Parent {
            kin,
            condition,
            condition_since,
            condition_expected_until,
            stays,
        },
    )
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let circumstances = prop::collection::vec(
        (prop::sample::select(CircumstanceKind::ALL), some_day(), prop::option::of(some_day()))
            .prop_map(|(kind, since, until)| Circumstance { kind, since, until }),
        0..6,
    );
    (
        some_day(),
        any::<bool>(),
        prop::option::of(some_parent(Kin::Father)),
        prop::option::of(some_parent(Kin::Mother)),
        circumstances,
    )
        .prop_map(|(birth_date, rural_registration, father, mother, circumstances)| Facts {
            birth_date,
            rural_registration,
            circumstances,
            ..child(father.into_iter().chain(mother).collect())
        })
}

proptest! {
    #[test]
    fn labels_stay_as_they_are_until_the_announced_change(facts in some_facts(), on in some_day(), ahead in 0u64..4_000) {
        let policy = Policy::default();
        let change = next_change(&facts, &policy, on);
        let later = (on + Days::new(ahead)).min(change.map_or(NaiveDate::MAX, |change| change - Days::new(1)));
        prop_assert_eq!(labels(&facts, &policy, on), labels(&facts, &policy, later));
    }

    #[test]
    fn a_label_holds_on_its_first_day_and_not_the_day_before(facts in some_facts(), on in some_day()) {
        let policy = Policy::default();
        for label in labels(&facts, &policy, on) {
            prop_assert!(!label.reasons.is_empty());
            let held = |day| labels(&facts, &policy, day).iter().any(|other| other.kind == label.kind);
            prop_assert!(held(label.since) && !held(label.since - Days::new(1)));
            prop_assert!(label.until.is_some_and(|until| !held(until)));
        }
    }

    #[test]
    fn nobody_is_left_behind_from_sixteen_or_labelled_from_eighteen(facts in some_facts(), on in some_day()) {
        let age = crate::clock::age_on(facts.birth_date, on);
        let kinds = kinds(&facts, on);
        prop_assert!(age < 16 || !kinds.contains(&LabelKind::LeftBehind));
        prop_assert!((0..18).contains(&age) || kinds.is_empty());
    }
}
