//! What a gateway's answer means. An answer that cannot be read is not a refusal.

use regex::Regex;
use serde_json::Value;

use super::settings::{HttpGateway, Place, SettingsError, Success};
use crate::clock::Instant;
use crate::messaging::channels::Outcome;
use crate::messaging::channels::sms::Meaning;
use crate::messaging::channels::sms::meaning::of_status_saying;
use crate::messaging::channels::sms::news::plain;

pub(super) struct Judge {
    success: Success,
    success_regex: Option<Regex>,
    provider_id: Option<CompiledPlace>,
    code: Option<CompiledPlace>,
    rules: Vec<Rule>,
}

enum CompiledPlace {
    Pointer(String),
    Regex(Regex),
}

struct Rule {
    status: Option<u16>,
    code: Option<String>,
    matches: Option<Regex>,
    meaning: Meaning,
}

/// An answer, looked at once.
struct Answer<'a> {
    status: u16,
    body: &'a str,
    json: Option<Value>,
}

impl Judge {
    pub fn compile(settings: &HttpGateway) -> Result<Self, SettingsError> {
        let rules = settings.refusals.iter().map(|rule| {
            let matches = rule.matches.as_deref().map(Regex::new).transpose()?;
            Ok(Rule { status: rule.status, code: rule.code.clone(), matches, meaning: rule.meaning })
        });
        Ok(Self {
            success_regex: settings.success.matches.as_deref().map(Regex::new).transpose()?,
            success: settings.success.clone(),
            provider_id: settings.provider_id.as_ref().map(compile_place).transpose()?,
            code: settings.code.as_ref().map(compile_place).transpose()?,
            rules: rules.collect::<Result<_, SettingsError>>()?,
        })
    }

    pub fn outcome(&self, status: u16, body: &str, now: Instant) -> Outcome {
        let answer = Answer { status, body, json: serde_json::from_str(body).ok() };
        let code = self.code.as_ref().and_then(|place| place.find(&answer));
        let shown = || code.clone().unwrap_or_else(|| format!("http_{status}"));
        if let Some(rule) = self.rules.iter().find(|rule| rule.fits(&answer, code.as_deref())) {
            return rule.meaning.outcome(shown(), now);
        }
        if self.is_success(&answer) {
            let provider_id = self.provider_id.as_ref().and_then(|place| place.find(&answer));
            return Outcome::Accepted { provider_id };
        }
        match status {
            200..=299 if code.is_some() || self.names_a_result(&answer) => {
                Meaning::FinalForRecipient.outcome(shown(), now)
            }
            _ => of_status_saying(status, shown(), now),
        }
    }

    fn is_success(&self, answer: &Answer<'_>) -> bool {
        let status = if self.success.statuses.is_empty() {
            (200..300).contains(&answer.status)
        } else {
            self.success.statuses.contains(&answer.status)
        };
        let pointer = self.success.pointer.as_deref().is_none_or(|pointer| answer.at(pointer) == self.success.equals);
        status && pointer && self.success_regex.as_ref().is_none_or(|regex| regex.is_match(answer.body))
    }

    /// Whether the place that tells success from failure is there at all, so that the answer is a legible no.
    fn names_a_result(&self, answer: &Answer<'_>) -> bool {
        self.success.pointer.as_deref().is_some_and(|pointer| answer.at(pointer).is_some())
    }
}

impl Rule {
    fn fits(&self, answer: &Answer<'_>, code: Option<&str>) -> bool {
        let given = self.status.is_some() || self.code.is_some() || self.matches.is_some();
        given
            && self.status.is_none_or(|status| status == answer.status)
            && self.code.as_deref().is_none_or(|wanted| code == Some(wanted))
            && self.matches.as_ref().is_none_or(|regex| regex.is_match(answer.body))
    }
}

impl CompiledPlace {
    fn find(&self, answer: &Answer<'_>) -> Option<String> {
        match self {
            Self::Pointer(pointer) => answer.at(pointer),
            Self::Regex(regex) => Some(regex.captures(answer.body)?.get(1)?.as_str().to_owned()),
        }
    }
}

impl Answer<'_> {
    fn at(&self, pointer: &str) -> Option<String> {
        plain(self.json.as_ref()?.pointer(pointer)?)
    }
}

fn compile_place(place: &Place) -> Result<CompiledPlace, SettingsError> {
    Ok(match place {
        Place::Pointer(pointer) => CompiledPlace::Pointer(pointer.clone()),
        Place::Regex(text) => CompiledPlace::Regex(Regex::new(text)?),
    })
}
