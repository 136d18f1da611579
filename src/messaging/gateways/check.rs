//! How the gateways are described, looked at without sending: what a vendor would refuse is found here first.

use std::fmt;

use crate::config::Config;
use crate::messaging::channels::sms::tencent::TencentAccount;
use crate::messaging::channels::sms::{Account, Forms, Params, SHORT_NAMES};
use crate::messaging::channels::wechat::accepted_as;
use crate::messaging::lint;
use crate::messaging::office::PostOffice;
use crate::messaging::route::ChannelKind;
use crate::messaging::templates::{Facts, Templates};
use crate::messaging::ticket;

/// Signatures that vendors approve, characters.
const SIGNATURE_CHARS: std::ops::RangeInclusive<usize> = 2..=12;
/// Tencent takes up to six digits as a code and nothing else in a code template.
const CODE_FACTS: [&str; 2] = ["code", "minutes"];

/// Something to know, or to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Messages would not go out.
    pub is_wrong: bool,
    pub about: String,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", if self.is_wrong { "WRONG" } else { "note " }, self.about, self.what)
    }
}

/// Looks at everything that is described.
pub fn check(config: &Config, office: &PostOffice) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let messages = &config.messages;
    for finding in lint::check_all(&office.templates, &ticket::links(&config.deployment.public_url)) {
        found.push(wrong(&finding.template, format!("{} {}", finding.rule, finding.detail)));
    }
    check_account(messages.aliyun.as_ref(), office, &mut found);
    check_account(messages.tencent.as_ref(), office, &mut found);
    check_account(messages.huawei.as_ref(), office, &mut found);
    if let Some(wechat) = office.wechat() {
        check_wechat(config, wechat.push().is_some(), office, &mut found);
    }
    // A code has no other channel.
    for template in office.templates.names().filter(|template| template.starts_with("code/")) {
        if !office.carries(ChannelKind::Sms, template) {
            found.push(wrong("sms", format!("no gateway carries {template}")));
        }
    }
    found
}

fn check_account<A: Account>(account: Option<&A>, office: &PostOffice, found: &mut Vec<Finding>) {
    let Some(account) = account else { return };
    let contract = account.contract();
    check_signature(A::NAME, contract.signature.unwrap_or(office.templates.signature()), found);
    check_forms(A::NAME, contract.templates, &office.templates, found);
    if account.number_settles() {
        found.push(note(A::NAME, "receipts name no message: set shared_account if another installation sends by it"));
    }
}

fn check_signature(name: &str, signature: &str, found: &mut Vec<Finding>) {
    let count = signature.trim_matches(['【', '】']).chars().count();
    if !SIGNATURE_CHARS.contains(&count) {
        found.push(wrong(name, format!("the signature has {count} characters")));
    }
    if signature.contains(['【', '】']) {
        found.push(wrong(name, "the vendor adds the brackets of the signature itself"));
    }
}

/// Every message has a form, and every form asks for facts that its messages have.
fn check_forms(name: &str, forms: &Forms, templates: &Templates, found: &mut Vec<Finding>) {
    let longest = Templates::longest_facts();
    let missing: Vec<&str> = templates.names().filter(|template| forms.of(template).is_none()).collect();
    if !missing.is_empty() {
        let count = missing.len();
        found.push(note(name, format!("{count} messages have no template of the vendor and go by others")));
    }
    for (covers, form) in forms.all() {
        let mut messages =
            templates.names().filter(|template| forms.of(template).is_some_and(|of| of.0 == covers)).peekable();
        if messages.peek().is_none() {
            found.push(wrong(name, format!("{covers:?} covers no message")));
        }
        for message in messages {
            for fact in form.params.facts() {
                if !is_known(templates, message, fact, &longest) {
                    found.push(wrong(name, format!("{covers:?} asks for {fact:?}, which {message} does not have")));
                }
            }
        }
        let ordered_code = matches!(&form.params, Params::Ordered(facts) if covers.starts_with("code/")
            && facts.iter().any(|fact| !CODE_FACTS.contains(&fact.as_str())));
        if name == TencentAccount::NAME && ordered_code {
            found.push(wrong(name, format!("{covers:?}: a code template takes digits only")));
        }
    }
}

fn is_known(templates: &Templates, message: &str, fact: &str, longest: &Facts) -> bool {
    let own = templates.sms_variables(message).is_ok_and(|own| own.iter().any(|name| name == fact));
    // What every message has: how the person is called, the office, the parts of its words.
    own || SHORT_NAMES.contains(&fact)
        || (["to", "office", "helper", "place"].contains(&fact) && longest.contains_key(fact))
}

fn check_wechat(config: &Config, has_push: bool, office: &PostOffice, found: &mut Vec<Finding>) {
    let account = &config.identity.wechat;
    if account.app_id.is_empty() {
        found.push(wrong("wechat", "identity.wechat.app_id is empty"));
    }
    if !has_push {
        found.push(wrong("wechat", "without [messages.wechat.push] nobody's acceptance is ever known"));
    }
    for name in config.messages.wechat.iter().flat_map(|wechat| wechat.templates.keys()) {
        if name != "duty" && !office.templates.names().any(|template| accepted_as(template) == name) {
            found.push(wrong("wechat", format!("{name:?} is no message")));
        }
    }
}

fn wrong(about: &str, what: impl Into<String>) -> Finding {
    Finding { is_wrong: true, about: about.to_owned(), what: what.into() }
}

fn note(about: &str, what: impl Into<String>) -> Finding {
    Finding { is_wrong: false, about: about.to_owned(), what: what.into() }
}
