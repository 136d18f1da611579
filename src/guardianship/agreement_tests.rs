use proptest::prelude::*;

use super::*;
use crate::guardianship::remuneration::{Payer, Period};

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn today() -> NaiveDate {
    day(2026, 11, 23)
}

fn party(id: i64, role: PartyRole, person: Option<i64>) -> PartyFacts {
    PartyFacts { id, role, person, signed: true, hosted: true }
}

fn ready(kind: CarerKind) -> Facts {
    Facts {
        kind,
        from: today(),
        until: day(2027, 11, 22),
        child_birth_date: day(2016, 5, 1),
        carer: 3,
        guardians: vec![1, 2],
        declaration: Some(vec![]),
        assessment: Some(AssessmentFacts { conclusion: Fitness::Fit, on: day(2026, 11, 1) }),
        consent: Some(true),
        remuneration: Some(Terms { amount_fen: 30_000, period: Period::Month, payer: Payer::Parents }),
        parties: vec![
            party(11, PartyRole::Parent, Some(1)),
            party(12, PartyRole::Parent, Some(2)),
            party(13, PartyRole::Carer, Some(3)),
            party(14, PartyRole::Child, None),
            party(15, PartyRole::Witness, Some(9)),
        ],
    }
}

fn codes(step: AgreementStep, facts: &Facts) -> Vec<String> {
    missing_for(step, facts, Limits::default(), today()).into_iter().map(|finding| finding.code).collect()
}

#[test]
fn an_agreement_with_everything_may_take_every_step() {
    for kind in CarerKind::ALL {
        for step in [AgreementStep::Assess, AgreementStep::Consent, AgreementStep::Send, AgreementStep::Complete] {
            assert_eq!(codes(step, &ready(*kind)), Vec::<String>::new(), "{kind} {step}");
        }
    }
}

#[test]
fn a_grandmother_needs_no_consent_a_friend_does() {
    let without = |kind| Facts { consent: None, ..ready(kind) };
    assert!(codes(AgreementStep::Send, &without(CarerKind::Grandparent)).is_empty());
    assert_eq!(codes(AgreementStep::Send, &without(CarerKind::Friend)), ["village_consent_missing"]);
    assert_eq!(
        codes(AgreementStep::Send, &Facts { consent: Some(false), ..ready(CarerKind::Relative) }),
        ["village_consent_refused"]
    );
}

#[test]
fn a_designated_carer_must_be_paid() {
    let facts = Facts { remuneration: None, ..ready(CarerKind::Designated) };
    assert_eq!(codes(AgreementStep::Assess, &facts), ["remuneration_missing"]);
    assert!(codes(AgreementStep::Assess, &Facts { remuneration: None, ..ready(CarerKind::Grandparent) }).is_empty());
}

#[test]
fn unfit_blocks_and_an_old_assessment_does_not_count() {
    let assessed = |conclusion, on| Facts {
        assessment: Some(AssessmentFacts { conclusion, on }),
        ..ready(CarerKind::Grandparent)
    };
    assert_eq!(codes(AgreementStep::Send, &assessed(Fitness::Unfit, today())), ["carer_unfit"]);
    assert_eq!(codes(AgreementStep::Send, &assessed(Fitness::Fit, day(2025, 11, 22))), ["capacity_assessment_too_old"]);
    assert!(codes(AgreementStep::Send, &assessed(Fitness::FitWithSupport, day(2025, 11, 23))).is_empty());
}

#[test]
fn twelve_months_is_the_longest_term() {
    let until = |until| Facts { until, ..ready(CarerKind::Grandparent) };
    assert_eq!(codes(AgreementStep::Send, &until(day(2027, 11, 23))), ["term_too_long"]);
    assert!(codes(AgreementStep::Send, &until(day(2027, 11, 22))).is_empty());
    assert_eq!(codes(AgreementStep::Send, &until(day(2026, 11, 22))), ["term_backwards"]);
}

#[test]
fn the_term_ends_before_the_child_is_grown_up() {
    let facts = Facts { child_birth_date: day(2009, 6, 1), ..ready(CarerKind::Grandparent) };
    assert_eq!(codes(AgreementStep::Send, &facts), ["term_beyond_majority"]);
    assert!(codes(AgreementStep::Send, &Facts { until: day(2027, 5, 31), ..facts }).is_empty());
}

#[test]
fn parents_cannot_entrust_to_themselves_and_witnesses_cannot_be_parties() {
    assert_eq!(codes(AgreementStep::Assess, &Facts { carer: 2, ..ready(CarerKind::Relative) }), ["carer_is_parent"]);
    let mut facts = ready(CarerKind::Relative);
    facts.parties[4].person = Some(3);
    assert_eq!(codes(AgreementStep::Send, &facts), ["witness_is_party"]);
    facts.parties.pop();
    assert_eq!(codes(AgreementStep::Send, &facts), ["witness_missing"]);
}

#[test]
fn each_unsigned_party_is_named() {
    let mut facts = ready(CarerKind::Grandparent);
    facts.parties[1].signed = false;
    facts.parties[3].signed = false;
    let missing = missing_for(AgreementStep::Complete, &facts, Limits::default(), today());
    let about: Vec<_> = missing.iter().filter_map(|finding| finding.about.as_deref()).collect();
    assert_eq!(about, ["12", "14"]);
}

#[test]
fn a_friend_who_signed_at_home_has_not_signed_before_the_village() {
    let mut facts = ready(CarerKind::Friend);
    facts.parties[2].hosted = false;
    assert_eq!(codes(AgreementStep::Complete, &facts), ["hosting_missing"]);
    facts.kind = CarerKind::Grandparent;
    assert!(codes(AgreementStep::Complete, &facts).is_empty());
}

#[test]
fn a_child_signs_from_its_eighth_birthday() {
    assert!(!child_signs(day(2018, 11, 24), today()));
    assert!(child_signs(day(2018, 11, 23), today()));
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

proptest! {
    #[test]
    fn no_walk_reaches_force_without_every_stage(
        kind in any_of(CarerKind::ALL), steps in proptest::collection::vec(any_of(AgreementStep::ALL), 0..40),
    ) {
        let mut state = AgreementState::Draft;
        let mut path = vec![state];
        for step in steps {
            if let Some(next) = state.after(step, kind) {
                state = next;
                path.push(state);
            }
        }
        if path.contains(&AgreementState::InForce) {
            prop_assert!(path.contains(&AgreementState::Assessed));
            prop_assert!(path.contains(&AgreementState::AwaitingSignatures));
            prop_assert_eq!(path.contains(&AgreementState::Consented), kind.needs_consent());
        }
        let final_states = [AgreementState::Ended, AgreementState::Declined, AgreementState::Lapsed];
        prop_assert!(path.iter().rev().skip(1).all(|state| !final_states.contains(state)));
    }

    #[test]
    fn completion_needs_every_signature(signed in proptest::collection::vec(any::<bool>(), 5)) {
        let mut facts = ready(CarerKind::Grandparent);
        for (party, signed) in facts.parties.iter_mut().zip(&signed) {
            party.signed = *signed;
        }
        prop_assert_eq!(codes(AgreementStep::Complete, &facts).is_empty(), signed.iter().all(|signed| *signed));
    }

    #[test]
    fn no_term_that_passes_is_longer_than_a_year_or_reaches_majority(
        start in 0u64..4000, length in 0u64..800, born in 0u64..7000,
    ) {
        let from = day(2020, 1, 1) + Days::new(start);
        let facts = Facts {
            from, until: from + Days::new(length), child_birth_date: day(2005, 1, 1) + Days::new(born),
            ..ready(CarerKind::Grandparent)
        };
        if term_wrong((from, facts.until), facts.child_birth_date, Limits::default(), from).is_none() {
            prop_assert!(length <= 365);
            prop_assert!(age_on(facts.child_birth_date, facts.until) < 18);
        }
    }
}
