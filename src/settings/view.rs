//! The settings as people read them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{Config, Ladder, SigningMode, Stage};
use crate::duties::DutyKind;
use crate::messaging::templates::Templates;
use crate::text_enum;

text_enum! {
    /// Whom a rung of a ladder tells.
    pub enum LadderRole {
        Owed = "owed",
        OtherParent = "other_parent",
        Coordinator = "coordinator",
        Village = "village",
        Township = "township",
        County = "county",
    }
}

text_enum! {
    /// What is set: a span, a number, a time of day.
    pub enum Setting {
        ContactCadenceDays = "contact_cadence_days",
        ContactLongestCadenceDays = "contact_longest_cadence_days",
        NumberVerifiedEveryDays = "number_verified_every_days",
        CheckInDaysHigh = "check_in_days_high",
        CheckInDaysMedium = "check_in_days_medium",
        CheckInDaysLow = "check_in_days_low",
        ReconfirmDays = "reconfirm_days",
        VolunteerLoadMax = "volunteer_load_max",
        RecordCheckMonths = "record_check_months",
        TrainingMonths = "training_months",
        TermMonthsMax = "term_months_max",
        AssessmentValidDays = "assessment_valid_days",
        AcceptImmediateMinutes = "accept_immediate_minutes",
        AcceptPromptMinutes = "accept_prompt_minutes",
        QuietFrom = "quiet_from",
        QuietUntil = "quiet_until",
        ReminderSmsPerDay = "reminder_sms_per_day",
        UndeliveredAfterHours = "undelivered_after_hours",
        CodeMinutes = "code_minutes",
        LinkDays = "link_days",
    }
}

/// All that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    pub values: Vec<SettingView>,
    pub signing_mode: SigningMode,
    pub sms_signature: String,
    /// The folder with this deployment's own words of messages; empty when the built-in ones are used.
    pub templates_dir: String,
    pub ladders: Vec<LadderView>,
}

/// One setting in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingView {
    pub setting: Setting,
    #[schema(example = "7")]
    pub value: String,
    /// Its name in the configuration file, and after `XIANGBAN__` in the environment.
    #[schema(example = "contact.cadence_days")]
    pub key: &'static str,
}

/// When whom is told of a kind of duty.
#[derive(Debug, Serialize, ToSchema)]
pub struct LadderView {
    pub kind: DutyKind,
    /// Days from opening to due, where the kind has a usual span.
    pub due_days: i64,
    pub stages: Vec<StageView>,
    #[schema(example = "ladders.contact_child")]
    pub key: String,
}

/// One rung.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageView {
    /// Minutes after the due moment; negative before it.
    pub offset_minutes: i64,
    pub told: Vec<ToldView>,
}

/// Who is told, and with which words.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToldView {
    /// `None` for a role that only this deployment knows.
    pub role: Option<LadderRole>,
    #[schema(example = "duty/contact_child/owed")]
    pub template: String,
}

/// The settings of `config`, with the messages of `templates`.
pub(super) fn view(config: &Config, templates: &Templates) -> SettingsView {
    SettingsView {
        values: values(config),
        signing_mode: config.guardianship.signing_mode,
        sms_signature: config.messages.sms_signature.clone(),
        templates_dir: config.messages.templates_dir.clone(),
        ladders: DutyKind::ALL.iter().map(|kind| ladder(*kind, config.ladders.of(*kind), templates)).collect(),
    }
}

fn values(config: &Config) -> Vec<SettingView> {
    let (contact, volunteers, messages) = (&config.contact, &config.volunteers, &config.messages);
    let time = |at: chrono::NaiveTime| at.format("%H:%M").to_string();
    let value = |setting, value: String, key| SettingView { setting, value, key };
    let count = |setting, count: i64, key| value(setting, count.to_string(), key);
    let term = i64::try_from(config.guardianship.assessment_valid_days).unwrap_or(i64::MAX);
    vec![
        count(Setting::ContactCadenceDays, contact.cadence_days, "contact.cadence_days"),
        count(Setting::ContactLongestCadenceDays, contact.longest_cadence_days, "contact.longest_cadence_days"),
        count(
            Setting::NumberVerifiedEveryDays,
            contact.number_verified_every_days,
            "contact.number_verified_every_days",
        ),
        count(Setting::CheckInDaysHigh, volunteers.check_in_days_high, "volunteers.check_in_days_high"),
        count(Setting::CheckInDaysMedium, volunteers.check_in_days_medium, "volunteers.check_in_days_medium"),
        count(Setting::CheckInDaysLow, volunteers.check_in_days_low, "volunteers.check_in_days_low"),
        count(Setting::VolunteerLoadMax, volunteers.load_max, "volunteers.load_max"),
        count(Setting::RecordCheckMonths, volunteers.record_check_months.into(), "volunteers.record_check_months"),
        count(Setting::TrainingMonths, volunteers.training_months.into(), "volunteers.training_months"),
        count(Setting::ReconfirmDays, config.children.reconfirm_days, "children.reconfirm_days"),
        count(Setting::TermMonthsMax, config.guardianship.term_months_max, "guardianship.term_months_max"),
        count(Setting::AssessmentValidDays, term, "guardianship.assessment_valid_days"),
        count(
            Setting::AcceptImmediateMinutes,
            config.protection.accept_immediate_minutes,
            "protection.accept_immediate_minutes",
        ),
        count(
            Setting::AcceptPromptMinutes,
            config.protection.accept_prompt_minutes,
            "protection.accept_prompt_minutes",
        ),
        value(Setting::QuietFrom, time(messages.quiet_from), "messages.quiet_from"),
        value(Setting::QuietUntil, time(messages.quiet_until), "messages.quiet_until"),
        count(Setting::ReminderSmsPerDay, messages.reminder_sms_per_day, "messages.reminder_sms_per_day"),
        count(Setting::UndeliveredAfterHours, messages.undelivered_after_hours, "messages.undelivered_after_hours"),
        count(Setting::CodeMinutes, config.identity.code_minutes, "identity.code_minutes"),
        count(Setting::LinkDays, config.identity.link_days, "identity.link_days"),
    ]
}

fn ladder(kind: DutyKind, ladder: &Ladder, templates: &Templates) -> LadderView {
    let told = |role: &String| ToldView { role: role.parse().ok(), template: templates.for_duty(kind.as_str(), role) };
    let stage = |stage: &Stage| StageView {
        offset_minutes: stage.offset().num_minutes(),
        told: stage.tell.iter().map(told).collect(),
    };
    LadderView {
        kind,
        due_days: ladder.due_days,
        stages: ladder.stages.iter().map(stage).collect(),
        key: format!("ladders.{kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_one_of_the_configuration_and_every_setting_is_shown() {
        let config = Config::load(None).unwrap();
        let shown = values(&config);
        assert!(Setting::ALL.iter().all(|setting| shown.iter().any(|one| one.setting == *setting)));
        let defaults: toml::Table = toml::from_str(include_str!("../../config/default.toml")).unwrap();
        for one in shown {
            let (section, name) = one.key.split_once('.').unwrap();
            let stored = &defaults[section][name];
            let text = stored.as_str().map_or_else(|| stored.to_string(), str::to_owned);
            assert_eq!(text, one.value, "{}", one.key);
        }
    }

    #[test]
    fn every_role_of_the_ladders_is_known() {
        let config = Config::load(None).unwrap();
        let shown = view(&config, &Templates::embedded("相伴").unwrap());
        let told = shown.ladders.iter().flat_map(|ladder| &ladder.stages).flat_map(|stage| &stage.told);
        assert_eq!(told.filter(|one| one.role.is_none()).count(), 0);
    }
}
