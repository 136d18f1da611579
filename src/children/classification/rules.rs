//! The rules of DOMAIN 4.1, one function each: facts in, dated reasons out.

use chrono::NaiveDate;

use super::facts::{CircumstanceKind, Condition, Facts, Kin, Parent};
use super::span::{Span, meet};
use super::whereabouts::{away, gone, unable, unsupporting};
use super::{LabelKind, Policy, Reason, ReasonCode};
use crate::clock::birthday;

/// Every reason that ever holds, clipped to the life of the child below the age at which its label ends.
pub fn reasons(facts: &Facts, policy: &Policy) -> Vec<(LabelKind, Reason)> {
    let mut found = left_behind(facts, policy);
    found.extend(orphan(facts));
    found.extend(own_condition(facts));
    found.extend(without_support(facts, policy));
    found.extend(poor_family(facts, policy));
    found.extend(by_circumstance(facts));
    found.extend(prisoners_child(facts));
    found.into_iter().filter_map(|(label, reason)| clip(facts.birth_date, label, reason)).collect()
}

/// The parents in law, when all of them are recorded: adoptive ones in place of those by birth.
pub fn parents_in_law(facts: &Facts) -> Option<Vec<&Parent>> {
    let adoptive: Vec<_> = facts.parents.iter().filter(|parent| parent.kin.is_adoptive_parent()).collect();
    if !adoptive.is_empty() {
        return Some(adoptive);
    }
    let recorded = |kin| facts.parents.iter().find(|parent| parent.kin == kin);
    Some(vec![recorded(Kin::Father)?, recorded(Kin::Mother)?])
}

fn left_behind(facts: &Facts, policy: &Policy) -> Vec<(LabelKind, Reason)> {
    let parents = parents_in_law(facts).filter(|_| facts.rural_registration).unwrap_or_default();
    let is_away = |parent: &Parent| away(parent, policy);
    let is_unable = |parent: &Parent| unable(parent, facts.birth_date);
    split(&parents, is_away, is_unable)
        .into_iter()
        .map(|(span, others)| {
            let code = if others.is_empty() { ReasonCode::BothAway } else { ReasonCode::OneAwayOtherUnable };
            (LabelKind::LeftBehind, Reason::new(code, span).about(&others))
        })
        .collect()
}

fn orphan(facts: &Facts) -> Vec<(LabelKind, Reason)> {
    let parents = parents_in_law(facts).unwrap_or_default();
    let both_gone = everyone(&parents, |parent| gone(parent, facts.birth_date));
    let foundling = facts.parents_unfindable_since.map(|from| Span { from, until: None });
    let gone = both_gone.into_iter().map(|span| Reason::new(ReasonCode::ParentsGone, span).about(&parents));
    gone.chain(foundling.map(|span| Reason::new(ReasonCode::ParentsUnfindable, span)))
        .map(|reason| (LabelKind::Orphan, reason))
        .collect()
}

fn own_condition(facts: &Facts) -> Vec<(LabelKind, Reason)> {
    let health = &facts.health;
    let grave = health.disability.filter(|disability| disability.grade <= 2);
    [
        (ReasonCode::GraveDisability, grave.map(|disability| disability.since)),
        (ReasonCode::SeriousIllness, health.serious_illness_since),
        (ReasonCode::Hiv, health.hiv_since),
    ]
    .into_iter()
    .filter_map(|(code, since)| Some((LabelKind::OwnCondition, Reason::new(code, Span { from: since?, until: None }))))
    .collect()
}

/// 事实无人抚养, which the plan counts among family difficulty (法定抚养人不能履行抚养义务).
fn without_support(facts: &Facts, policy: &Policy) -> Vec<(LabelKind, Reason)> {
    let parents = parents_in_law(facts).unwrap_or_default();
    let born = facts.birth_date;
    split(&parents, |parent| unsupporting(parent, born, policy), |parent| gone(parent, born))
        .into_iter()
        .flat_map(|(span, others)| {
            let code =
                if others.is_empty() { ReasonCode::NoParentSupports } else { ReasonCode::OneGoneOtherUnsupporting };
            let reason = Reason::new(code, span).about(&parents);
            [(LabelKind::DeFactoUnsupported, reason.clone()), (LabelKind::Family, reason)]
        })
        .collect()
}

fn poor_family(facts: &Facts, policy: &Policy) -> Vec<(LabelKind, Reason)> {
    let poor = policy.poor_household.iter().flat_map(|kind| circumstance(facts, *kind)).collect::<Vec<_>>();
    let hardships = [
        (ReasonCode::PoorWithHealthCareHardship, CircumstanceKind::HealthCareHardship),
        (ReasonCode::PoorWithSchoolingHardship, CircumstanceKind::SchoolingHardship),
    ];
    let with_hardship = hardships.into_iter().flat_map(|(code, kind)| {
        meet(&poor, &circumstance(facts, kind)).into_iter().map(move |span| Reason::new(code, span))
    });
    let supported = circumstance(facts, CircumstanceKind::SpecialHardshipSupport)
        .into_iter()
        .map(|span| Reason::new(ReasonCode::SpecialHardshipSupport, span));
    with_hardship.chain(supported).map(|reason| (LabelKind::Family, reason)).collect()
}

fn by_circumstance(facts: &Facts) -> Vec<(LabelKind, Reason)> {
    facts
        .circumstances
        .iter()
        .flat_map(|fact| {
            let span = Span::new(fact.since, fact.until);
            labels_of(fact.kind).iter().filter_map(move |(label, code)| Some((*label, Reason::new(*code, span?))))
        })
        .collect()
}

/// What a circumstance means on its own, without looking at any other fact.
fn labels_of(kind: CircumstanceKind) -> &'static [(LabelKind, ReasonCode)] {
    use {CircumstanceKind as Fact, LabelKind as Label, ReasonCode as Code};
    match kind {
        Fact::Abuse => &[(Label::Safety, Code::Abuse)],
        Fact::Abandonment => &[(Label::Safety, Code::Abandonment)],
        Fact::UnlawfulHarm => &[(Label::Safety, Code::UnlawfulHarm)],
        Fact::Vagrancy => &[(Label::Safety, Code::Vagrancy), (Label::KeyVagrant, Code::Vagrancy)],
        Fact::Begging => &[(Label::Safety, Code::Begging), (Label::KeyVagrant, Code::Begging)],
        Fact::SuddenEvent => &[(Label::Temporary, Code::SuddenEvent)],
        Fact::Accident => &[(Label::Temporary, Code::Accident)],
        Fact::GraveIllness => &[(Label::Temporary, Code::GraveIllness)],
        Fact::OtherHardship => &[(Label::Temporary, Code::OtherHardship)],
        Fact::OutOfSchool => &[(Label::KeyOutOfSchool, Code::OutOfSchool)],
        Fact::DomesticViolence => &[(Label::KeyDomesticViolence, Code::DomesticViolence)],
        Fact::DrinkerParent => &[(Label::KeyDrinkersChild, Code::DrinkerParent)],
        Fact::DrugUserParent => &[(Label::KeyDrugUsersChild, Code::DrugUserParent)],
        Fact::RegisteredPoor
        | Fact::OutOfPoverty
        | Fact::PovertyWatch
        | Fact::MinimumLivingAllowance
        | Fact::MinimumLivingMargin
        | Fact::RigidExpenditure
        | Fact::SpecialHardshipSupport
        | Fact::HealthCareHardship
        | Fact::SchoolingHardship => &[],
    }
}

fn prisoners_child(facts: &Facts) -> Vec<(LabelKind, Reason)> {
    facts
        .parents
        .iter()
        .filter(|parent| parent.condition == Condition::Imprisoned)
        .map(|parent| {
            let span = Span { from: parent.condition_since.unwrap_or(facts.birth_date), until: None };
            (LabelKind::KeyPrisonersChild, Reason::new(ReasonCode::ParentImprisoned, span).about(&[parent]))
        })
        .collect()
}

/// The days on which at least one of `parents` is in `first` and every other one in `second`, with those others.
fn split<'a>(
    parents: &[&'a Parent],
    first: impl Fn(&Parent) -> Vec<Span>,
    second: impl Fn(&Parent) -> Vec<Span>,
) -> Vec<(Span, Vec<&'a Parent>)> {
    let choices = 1..(1_u32 << parents.len().min(4));
    choices
        .flat_map(|choice| {
            let chosen = |place: usize| choice >> place & 1 == 1;
            let lists =
                parents.iter().enumerate().map(|(n, parent)| if chosen(n) { first(parent) } else { second(parent) });
            let others: Vec<_> =
                parents.iter().enumerate().filter(|(n, _)| !chosen(*n)).map(|(_, parent)| *parent).collect();
            common(lists).into_iter().map(move |span| (span, others.clone()))
        })
        .collect()
}

fn everyone(parents: &[&Parent], rule: impl Fn(&Parent) -> Vec<Span>) -> Vec<Span> {
    common(parents.iter().map(|parent| rule(parent)))
}

fn common(lists: impl Iterator<Item = Vec<Span>>) -> Vec<Span> {
    lists.reduce(|left, right| meet(&left, &right)).unwrap_or_default()
}

fn circumstance(facts: &Facts, kind: CircumstanceKind) -> Vec<Span> {
    facts
        .circumstances
        .iter()
        .filter(|fact| fact.kind == kind)
        .filter_map(|fact| Span::new(fact.since, fact.until))
        .collect()
}

fn clip(born: NaiveDate, label: LabelKind, reason: Reason) -> Option<(LabelKind, Reason)> {
    let childhood = Span::new(born, Some(birthday(born, label.ends_at_age())))?;
    let span = reason.span.meet(childhood)?;
    Some((label, Reason { span, ..reason }))
}
