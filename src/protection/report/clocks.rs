//! How long a desk has to accept a report (DOMAIN 4.6).

use crate::clock::Instant;
use crate::config::ProtectionConfig;
use crate::protection::report::situation::Urgency;

/// Minutes within which a report must be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRules {
    pub accept_immediate_minutes: i64,
    pub accept_prompt_minutes: i64,
}

impl From<&ProtectionConfig> for ReportRules {
    fn from(config: &ProtectionConfig) -> Self {
        Self {
            accept_immediate_minutes: config.accept_immediate_minutes,
            accept_prompt_minutes: config.accept_prompt_minutes,
        }
    }
}

impl Default for ReportRules {
    fn default() -> Self {
        Self { accept_immediate_minutes: 30, accept_prompt_minutes: 120 }
    }
}

/// The moment by which a report received at `received_at` must be accepted.
pub fn accept_by(received_at: Instant, urgency: Urgency, rules: &ReportRules) -> Instant {
    received_at.plus_minutes(match urgency {
        Urgency::Immediate => rules.accept_immediate_minutes,
        Urgency::Prompt => rules.accept_prompt_minutes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immediate_danger_is_accepted_within_half_an_hour_and_the_rest_within_two() {
        let at = Instant::from_millis(1_790_000_000_000);
        let rules = ReportRules::default();
        assert_eq!(accept_by(at, Urgency::Immediate, &rules).since(at).num_minutes(), 30);
        assert_eq!(accept_by(at, Urgency::Prompt, &rules).since(at).num_minutes(), 120);
    }
}
