//! Is this adult able to look after this child? The village's judgement (P17), from a versioned questionnaire.
//!
//! Answers decide what is *found*; a person decides the *conclusion*. The conclusion may be stricter than the
//! findings (with a reason), never milder: a finding "unfit" cannot be concluded away.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reasons::{Finding, Reason};
use crate::clock::age_on;
use crate::text_enum;

/// Above this age caring needs a reason (our choice).
pub const AGE_WARNING: i32 = 70;
/// Above this number of children caring needs a reason (our choice).
pub const CHILDREN_WARNING: i64 = 3;

text_enum! {
    /// What an answer "no" to a question means.
    pub enum QuestionWeight {
        /// The person cannot be a carer.
        Unfit = "unfit",
        /// The person can, with help that is named.
        Support = "support",
    }
}

text_enum! {
    /// An answer to one question; questions are put so that "yes" is the good answer.
    pub enum CapacityAnswer {
        Yes = "yes",
        No = "no",
        Unknown = "unknown",
    }
}

text_enum! {
    /// What the village concludes about a carer.
    pub enum Fitness {
        Fit = "fit",
        FitWithSupport = "fit_with_support",
        Unfit = "unfit",
    }
}

/// One question of the questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CapacityQuestion)]
pub struct Question {
    pub code: String,
    pub section: String,
    pub text: String,
    pub weight: QuestionWeight,
}

/// A version of the questionnaire; old assessments keep the version they were answered in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CapacityQuestionnaire)]
pub struct Questionnaire {
    pub version: String,
    pub title: String,
    pub questions: Vec<Question>,
}

static CURRENT: LazyLock<Questionnaire> = LazyLock::new(|| {
    toml::from_str(include_str!("capacity_questionnaire.toml")).unwrap_or_else(|_| Questionnaire {
        version: String::new(),
        title: String::new(),
        questions: Vec::new(),
    })
});

impl Questionnaire {
    /// The questionnaire in use.
    pub fn current() -> &'static Self {
        &CURRENT
    }

    fn question(&self, code: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.code == code)
    }
}

/// What is known of the person who is assessed.
#[derive(Clone, Copy, Debug)]
pub struct CarerFacts {
    pub birth_date: Option<NaiveDate>,
    pub alive: bool,
    /// Children under other agreements in force; this child not counted.
    pub other_children_in_care: i64,
}

/// An assessment as the village hands it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submission {
    /// Question code → answer.
    pub answers: BTreeMap<String, CapacityAnswer>,
    pub conclusion: Fitness,
    /// Needed for "unfit", and for "fit" against a warning or with support.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What an assessment comes to: usable or not, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    pub conclusion: Fitness,
    /// What was found against or for caution, question by question.
    pub findings: Vec<Finding>,
}

/// Judges a submission: `Err` lists what must be put right before it can be recorded.
pub fn assess(
    questionnaire: &Questionnaire,
    submission: &Submission,
    carer: &CarerFacts,
    on: NaiveDate,
) -> Result<Assessment, Vec<Finding>> {
    let incomplete = incomplete(questionnaire, submission);
    if !incomplete.is_empty() {
        return Err(incomplete);
    }
    let blocking = blocking(questionnaire, submission, carer, on);
    let warnings = warnings(carer, on);
    let support = answered_no(questionnaire, submission, QuestionWeight::Support, Reason::SupportNeeded);
    let reason_given = submission.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    let wrong =
        contradictions(submission.conclusion, reason_given, &blocking, !warnings.is_empty(), !support.is_empty());
    if !wrong.is_empty() {
        return Err(wrong.into_iter().map(Finding::from).chain(blocking).chain(warnings).chain(support).collect());
    }
    let findings = blocking.into_iter().chain(warnings).chain(support).collect();
    Ok(Assessment { conclusion: submission.conclusion, findings })
}

fn incomplete(questionnaire: &Questionnaire, submission: &Submission) -> Vec<Finding> {
    let unknown = submission
        .answers
        .keys()
        .filter(|code| questionnaire.question(code).is_none())
        .map(|code| Finding::about(Reason::AnswerUnknownQuestion, code));
    let missing = questionnaire.questions.iter().filter_map(|question| {
        let reason = match (submission.answers.get(&question.code), question.weight) {
            (None, _) => Reason::AnswerMissing,
            (Some(CapacityAnswer::Unknown), QuestionWeight::Unfit) => Reason::MustBeClarified,
            _ => return None,
        };
        Some(Finding::about(reason, &question.code))
    });
    unknown.chain(missing).collect()
}

fn blocking(questionnaire: &Questionnaire, submission: &Submission, carer: &CarerFacts, on: NaiveDate) -> Vec<Finding> {
    let mut found = answered_no(questionnaire, submission, QuestionWeight::Unfit, Reason::CapacityLacking);
    if !carer.alive {
        found.push(Reason::CarerDeceased.into());
    }
    match carer.birth_date {
        None => found.push(Reason::CarerBirthDateUnknown.into()),
        Some(born) if age_on(born, on) < 18 => found.push(Reason::CarerUnderAge.into()),
        Some(_) => {}
    }
    found
}

/// Age above 70 and caring for more than three children: no bar, but to be answered for (our choice).
pub fn warnings(carer: &CarerFacts, on: NaiveDate) -> Vec<Finding> {
    let old = carer.birth_date.is_some_and(|born| age_on(born, on) > AGE_WARNING);
    let many = carer.other_children_in_care.saturating_add(1) > CHILDREN_WARNING;
    [(old, Reason::CarerOverSeventy), (many, Reason::CaresForManyChildren)]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, reason)| reason.into())
        .collect()
}

fn answered_no(
    questionnaire: &Questionnaire,
    submission: &Submission,
    weight: QuestionWeight,
    reason: Reason,
) -> Vec<Finding> {
    questionnaire
        .questions
        .iter()
        .filter(|question| question.weight == weight)
        .filter(|question| submission.answers.get(&question.code) == Some(&CapacityAnswer::No))
        .map(|question| Finding::about(reason, &question.code))
        .collect()
}

fn contradictions(
    conclusion: Fitness,
    reason_given: bool,
    blocking: &[Finding],
    warned: bool,
    needs_support: bool,
) -> Vec<Reason> {
    match conclusion {
        Fitness::Unfit if !reason_given => vec![Reason::UnfitNeedsReason],
        Fitness::Unfit => vec![],
        _ if !blocking.is_empty() => vec![Reason::FitAgainstFindings],
        Fitness::Fit if needs_support && !reason_given => vec![Reason::SupportNeeded],
        _ if warned && !reason_given => vec![Reason::WarningNeedsReason],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    const ON: (i32, u32, u32) = (2026, 11, 23);

    fn on() -> NaiveDate {
        day(ON.0, ON.1, ON.2)
    }

    fn grandmother() -> CarerFacts {
        CarerFacts { birth_date: Some(day(1962, 5, 1)), alive: true, other_children_in_care: 0 }
    }

    fn all_yes(conclusion: Fitness) -> Submission {
        let answers = Questionnaire::current()
            .questions
            .iter()
            .map(|question| (question.code.clone(), CapacityAnswer::Yes))
            .collect();
        Submission { answers, conclusion, reason: None }
    }

    fn with(mut submission: Submission, code: &str, answer: CapacityAnswer) -> Submission {
        submission.answers.insert(code.into(), answer);
        submission
    }

    fn first_of(weight: QuestionWeight) -> &'static str {
        &Questionnaire::current().questions.iter().find(|question| question.weight == weight).unwrap().code
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn the_questionnaire_is_complete_and_its_codes_are_unique() {
        let questionnaire = Questionnaire::current();
        assert!(questionnaire.questions.len() >= 15, "{}", questionnaire.questions.len());
        let codes: std::collections::BTreeSet<_> = questionnaire.questions.iter().map(|q| &q.code).collect();
        assert_eq!(codes.len(), questionnaire.questions.len());
    }

    #[test]
    fn a_healthy_grandmother_is_fit() {
        let verdict = assess(Questionnaire::current(), &all_yes(Fitness::Fit), &grandmother(), on()).unwrap();
        assert_eq!(verdict, Assessment { conclusion: Fitness::Fit, findings: vec![] });
    }

    #[test]
    fn a_grave_finding_cannot_be_concluded_away_even_with_a_reason() {
        let mut submission =
            with(all_yes(Fitness::FitWithSupport), first_of(QuestionWeight::Unfit), CapacityAnswer::No);
        submission.reason = Some("亲戚坚持".into());
        let wrong = assess(Questionnaire::current(), &submission, &grandmother(), on()).unwrap_err();
        assert_eq!(codes(&wrong), ["fit_against_findings", "capacity_lacking"]);
    }

    #[test]
    fn stricter_than_the_findings_is_allowed_with_a_reason() {
        let mut submission = all_yes(Fitness::Unfit);
        assert_eq!(
            codes(&assess(Questionnaire::current(), &submission, &grandmother(), on()).unwrap_err()),
            ["unfit_needs_reason"]
        );
        submission.reason = Some("邻居反映经常把孩子独自留在家".into());
        assert_eq!(
            assess(Questionnaire::current(), &submission, &grandmother(), on()).unwrap().conclusion,
            Fitness::Unfit
        );
    }

    #[test]
    fn seventy_is_no_warning_and_seventy_one_is() {
        let exactly = CarerFacts { birth_date: Some(day(1956, 11, 23)), ..grandmother() };
        assert_eq!(warnings(&exactly, on()), vec![]);
        let older = CarerFacts { birth_date: Some(day(1955, 11, 23)), ..grandmother() };
        assert_eq!(codes(&warnings(&older, on())), ["carer_over_seventy"]);
        let wrong = assess(Questionnaire::current(), &all_yes(Fitness::Fit), &older, on()).unwrap_err();
        assert_eq!(codes(&wrong), ["warning_needs_reason", "carer_over_seventy"]);
    }

    #[test]
    fn the_fourth_child_is_a_warning_the_third_is_not() {
        assert_eq!(warnings(&CarerFacts { other_children_in_care: 2, ..grandmother() }, on()), vec![]);
        assert_eq!(
            codes(&warnings(&CarerFacts { other_children_in_care: 3, ..grandmother() }, on())),
            ["cares_for_many_children"]
        );
    }

    #[test]
    fn a_brother_of_seventeen_is_not_an_adult() {
        let brother = CarerFacts { birth_date: Some(day(2008, 11, 24)), ..grandmother() };
        let wrong = assess(Questionnaire::current(), &all_yes(Fitness::Fit), &brother, on()).unwrap_err();
        assert_eq!(codes(&wrong), ["fit_against_findings", "carer_under_age"]);
        let adult = CarerFacts { birth_date: Some(day(2008, 11, 23)), ..grandmother() };
        assert!(assess(Questionnaire::current(), &all_yes(Fitness::Fit), &adult, on()).is_ok());
    }

    #[test]
    fn what_touches_safety_may_not_stay_unknown() {
        let submission = with(all_yes(Fitness::Fit), first_of(QuestionWeight::Unfit), CapacityAnswer::Unknown);
        let wrong = assess(Questionnaire::current(), &submission, &grandmother(), on()).unwrap_err();
        assert_eq!(codes(&wrong), ["must_be_clarified"]);
    }

    fn answers() -> impl Strategy<Value = BTreeMap<String, CapacityAnswer>> {
        let count = Questionnaire::current().questions.len();
        proptest::collection::vec(
            prop_oneof![Just(CapacityAnswer::Yes), Just(CapacityAnswer::No), Just(CapacityAnswer::Unknown)],
            count,
        )
        .prop_map(|given| Questionnaire::current().questions.iter().map(|q| q.code.clone()).zip(given).collect())
    }

    proptest! {
        #[test]
        fn no_unfit_answer_is_ever_recorded_as_fit(
            answers in answers(), years in 0i32..110, others in 0i64..6,
            conclusion in prop_oneof![Just(Fitness::Fit), Just(Fitness::FitWithSupport), Just(Fitness::Unfit)],
            reason in proptest::option::of("\\PC{0,8}"),
        ) {
            let questionnaire = Questionnaire::current();
            let grave = questionnaire.questions.iter()
                .any(|q| q.weight == QuestionWeight::Unfit && answers[&q.code] != CapacityAnswer::Yes);
            let carer = CarerFacts { birth_date: day(2026 - years, 1, 1).into(), alive: true, other_children_in_care: others };
            let submission = Submission { answers, conclusion, reason };
            if let Ok(verdict) = assess(questionnaire, &submission, &carer, on()) {
                prop_assert!(verdict.conclusion == Fitness::Unfit || (!grave && years >= 18));
            }
        }
    }
}
