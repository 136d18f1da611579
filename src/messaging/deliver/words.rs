//! From a planned message to what leaves: the facts of its template, the form of its channel, the check of its words.

use serde_json::{Value, json};

use super::claim::Claimed;
use super::facts::{Addressee, Facts, Item};
use crate::areas::township_of;
use crate::clock::{Instant, age_on};
use crate::crypto::{Purpose, Vault};
use crate::duties::DutyKind;
use crate::messaging::channels::sms::SHORT_NAMES;
use crate::messaging::channels::{Address, Body};
use crate::messaging::compose::{REMINDERS, is_pressing};
use crate::messaging::journey::DeathReason;
use crate::messaging::phone::Mobile;
use crate::messaging::route::ChannelKind;
use crate::messaging::templates::{Facts as Values, Templates};
use crate::messaging::ticket::{self, LinkPurpose, Ticket};
use crate::messaging::{lint, segments, unsubscribe, wording};

/// Duties that are owed to all children of a household at once.
const ABOUT_THE_HOUSEHOLD: [DutyKind; 3] =
    [DutyKind::ContactChild, DutyKind::RestoreContact, DutyKind::ReviewMissedContact];

/// A message as it leaves.
#[derive(Debug)]
pub(super) struct Written {
    /// Nothing for the call list: a person phones.
    pub outgoing: Option<(Address, Body)>,
    /// The message template that it was written with.
    pub template: String,
    /// What was said, for the person's inbox and the caller.
    pub text: String,
    pub segments: usize,
    pub to_index: Option<String>,
    /// The codes by which the questions in it are answered: reminder, code.
    pub codes: Vec<(i64, String)>,
}

/// What the words are made with.
pub(super) struct Writer<'a> {
    pub facts: &'a Facts,
    pub templates: &'a Templates,
    pub vault: &'a Vault,
    pub public_url: &'a str,
    /// Days on which a short link serves.
    pub link_days: i64,
    pub now: Instant,
}

impl Writer<'_> {
    pub fn write(&self, message: &Claimed, channel: ChannelKind, items: &[&Item]) -> Result<Written, DeathReason> {
        let codes = self.codes(items);
        let (name, mut values) = self.values(message, items, &codes)?;
        let cannot = |error| {
            tracing::error!(message = message.id, template = name, %error, "a message cannot be written");
            DeathReason::CannotRender
        };
        let person = message.person_id.and_then(|id| self.facts.people.get(&id));
        let (outgoing, text) = match channel {
            ChannelKind::Sms => {
                let text = self.templates.sms(&name, &values).map_err(cannot)?;
                let to = Address::Mobile(self.mobile(message, person)?);
                let signature = self.templates.signature().to_owned();
                let parts = self.templates.parts(&name, &values).map_err(cannot)?;
                for (fact, part) in SHORT_NAMES.iter().zip([parts.line, parts.what, parts.next, parts.done]) {
                    values.insert((*fact).to_owned(), part.into());
                }
                (Some((to, Body::Sms { signature, text: text.clone(), template: name.clone(), facts: values })), text)
            }
            ChannelKind::Email => {
                let email = self.templates.email(&name, &values).map_err(cannot)?;
                let text = format!("{}\n\n{}", email.subject, email.text);
                let digest_of = message.person_id.filter(|_| name.starts_with("digest/"));
                let unsubscribe = digest_of.map(|id| unsubscribe::address(self.vault, self.public_url, id));
                (Some((Address::Email(self.email(person)?), Body::Email { text: email, unsubscribe })), text)
            }
            ChannelKind::Wechat => {
                let wechat = self.templates.wechat(&name, &values).map_err(cannot)?;
                let text = wechat.data.values().cloned().collect::<Vec<_>>().join(" ");
                let openid = person.and_then(|person| person.wechat_openid.clone()).ok_or(DeathReason::NoChannel)?;
                (Some((Address::Wechat(openid), Body::Wechat { template: name.clone(), text: wechat })), text)
            }
            ChannelKind::CallList => (None, self.templates.call(&name, &values).map_err(cannot)?),
        };
        self.check(message, channel, items, &text)?;
        let segments = match channel {
            ChannelKind::Sms => segments::size_of(self.templates.signature(), &text).segments,
            _ => 0,
        };
        let asked = if channel == ChannelKind::CallList { Vec::new() } else { codes };
        Ok(Written {
            outgoing,
            template: name,
            text,
            segments,
            to_index: self.index(message, channel, person)?,
            codes: asked,
        })
    }

    /// The line of every reminder in a message: reminder, line.
    pub fn lines(&self, message: &Claimed) -> Vec<(i64, String)> {
        let items = self.facts.items.get(&message.source_id()).into_iter().flatten();
        items
            .filter_map(|item| {
                let values = self.item_values(message, item, &[]);
                Some((item.reminder_id, self.templates.parts(&self.template(item), &values).ok()?.line))
            })
            .collect()
    }

    /// Nothing forbidden leaves, whatever a template or a fact brought in.
    fn check(&self, message: &Claimed, channel: ChannelKind, items: &[&Item], text: &str) -> Result<(), DeathReason> {
        let children = items.iter().filter_map(|item| item.child_id).chain(message.child_id);
        let names: Vec<&str> =
            children.filter_map(|id| self.facts.children.get(&id)).map(|child| child.name.as_str()).collect();
        let links = ticket::links(self.public_url);
        let found = match channel {
            ChannelKind::Sms => lint::check_sms(self.templates.signature(), &links, text, &names),
            ChannelKind::Wechat => lint::check_text(text, &names),
            ChannelKind::Email | ChannelKind::CallList => lint::check_text(&lint::without_own_links(text, &links), &[]),
        };
        let Some((rule, _)) = found.first() else { return Ok(()) };
        tracing::error!(message = message.id, template = message.template, %rule, "a message may not be sent");
        Err(DeathReason::ForbiddenContent)
    }

    fn values(
        &self,
        message: &Claimed,
        items: &[&Item],
        codes: &[(i64, String)],
    ) -> Result<(String, Values), DeathReason> {
        if message.template != REMINDERS {
            let mut values = self.common(message, message.area_code.as_deref());
            if let Some(child) = message.child_id {
                values.insert("child".into(), self.child(child, message.person_id).into());
            }
            let own = self.vault.open(Purpose::Message, &message.data_sealed).map_err(|_| DeathReason::CannotRender)?;
            if let Ok(Value::Object(own)) = serde_json::from_str(&own) {
                values.extend(own);
            }
            return Ok((message.template.clone(), values));
        }
        match items {
            [only] => Ok((self.template(only), self.item_values(message, only, codes))),
            several => self.digest(message, several, codes),
        }
    }

    fn digest(
        &self,
        message: &Claimed,
        items: &[&Item],
        codes: &[(i64, String)],
    ) -> Result<(String, Values), DeathReason> {
        let staff = message.person_id.is_some_and(|id| self.facts.posts.contains_key(&id));
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for item in items {
            let values = self.item_values(message, item, codes);
            let parts = self.templates.parts(&self.template(item), &values).map_err(|_| DeathReason::CannotRender)?;
            let code = codes.iter().find(|(reminder, _)| *reminder == item.reminder_id);
            short.push(match (code, values.get("one").and_then(Value::as_str)) {
                (Some(_), Some(one)) => wording::with_answer(&parts.line, one),
                _ => parts.line.clone(),
            });
            let when = wording::when(item.due_at, self.now, is_pressing(item.kind));
            long.push(wording::with_day(&parts.line, &when));
        }
        let area = items.first().map(|item| item.area_code.as_str());
        let mut values = self.common(message, area);
        values.insert("count".into(), items.len().to_string().into());
        values.insert("list".into(), wording::short_list(&short).into());
        values.insert("first".into(), wording::cut(long.first().map_or("", String::as_str)).into());
        values.insert("items".into(), json!(long));
        values.insert("due_date".into(), items.first().map(|item| item.due_at.date().to_string()).into());
        if let Some((ticket, opened)) = items.iter().find_map(|item| self.way_in(message, item)) {
            values.insert("ticket".into(), ticket.into());
            values.insert("opened".into(), opened.into());
        }
        Ok((format!("digest/{}", if staff { "staff" } else { "family" }), values))
    }

    fn template(&self, item: &Item) -> String {
        self.templates.for_duty(item.kind.as_str(), &item.role)
    }

    /// The facts that every message has.
    fn common(&self, message: &Claimed, area: Option<&str>) -> Values {
        let facts = self.facts;
        let person = message.person_id.and_then(|id| facts.people.get(&id));
        let post = person.and_then(|person| facts.posts.get(&person.id)?.first()).map(|held| held.kind);
        let to = person.map(|person| wording::salutation(&person.name, person.sex, post)).unwrap_or_default();
        let township = area.and_then(|code| facts.areas.get(&township_of(code)));
        let place = area.and_then(|code| facts.areas.get(code)).cloned().unwrap_or_default();
        let values = json!({
            "to": to,
            "helper": self.helper(area),
            "place": place,
            "office": wording::office(township.map(String::as_str)),
            "link": format!("{}/{}", self.public_url, if post.is_some() { "console/todo" } else { "m/" }),
            "links": ticket::links(self.public_url),
            "page": "pages/home/home",
            "due_date": self.now.date().to_string(),
            "one": "1",
            "two": "2",
        });
        match values {
            Value::Object(values) => values,
            _ => Values::new(),
        }
    }

    fn item_values(&self, message: &Claimed, item: &Item, codes: &[(i64, String)]) -> Values {
        let mut values = self.common(message, Some(&item.area_code));
        let child = item.child_id.map_or_else(wording::some_child, |id| self.child_of(item, id, message.person_id));
        let age =
            item.child_id.and_then(|id| self.facts.children.get(&id)).map(|c| age_on(c.birth_date, item.due_at.date()));
        let (one, two) = self.answers(item, codes);
        for (key, value) in [
            ("child", child),
            ("who", self.debtor(item)),
            ("when", wording::when(item.due_at, self.now, is_pressing(item.kind))),
            ("due", wording::day(item.due_at)),
            ("due_date", item.due_at.date().to_string()),
            ("age", age.map(|age| age.to_string()).unwrap_or_default()),
            ("one", one),
            ("two", two),
        ] {
            values.insert(key.into(), value.into());
        }
        if let Some(ticket) = self.ticket(item) {
            values.insert("link".into(), format!("{}{ticket}", ticket::links(self.public_url)).into());
            values.insert("page".into(), format!("pages/link/link?t={ticket}").into());
            values.insert("ticket".into(), ticket.into());
        }
        values
    }

    /// The ticket to one of several matters, and what one does there, when its SMS would carry a link.
    fn way_in(&self, message: &Claimed, item: &Item) -> Option<(String, String)> {
        let ticket = self.ticket(item)?;
        let opened = self.templates.opens(&self.template(item), &self.item_values(message, item, &[])).ok()?;
        (!opened.is_empty()).then_some((ticket, opened))
    }

    /// What leads the debtor of a duty straight to it; nobody else is given one.
    fn ticket(&self, item: &Item) -> Option<String> {
        LinkPurpose::of(item.kind).filter(|_| item.owed_by_person_id == Some(item.person_id))?;
        let until = self.now.plus_days(self.link_days).date();
        let ticket = Ticket { duty_id: item.duty_id, person_id: item.person_id, until };
        ticket
            .write(self.vault)
            .inspect_err(|error| tracing::error!(duty = item.duty_id, %error, "a short link cannot be made"))
            .ok()
    }

    /// A duty towards the whole household does not single one of its children out.
    fn child_of(&self, item: &Item, child_id: i64, reader: Option<i64>) -> String {
        match (ABOUT_THE_HOUSEHOLD.contains(&item.kind), self.facts.children.get(&child_id)) {
            (true, Some(child)) => wording::child_label(
                &child.name,
                0,
                1,
                reader.is_some_and(|id| self.facts.family.contains(&(child.household_id, id))),
            ),
            _ => self.child(child_id, reader),
        }
    }

    fn child(&self, child_id: i64, reader: Option<i64>) -> String {
        let Some(child) = self.facts.children.get(&child_id) else { return String::new() };
        let siblings = self.facts.siblings.get(&child.household_id).map_or(&[][..], Vec::as_slice);
        let place = siblings.iter().position(|id| *id == child_id).unwrap_or_default();
        let to_family = reader.is_some_and(|person| self.facts.family.contains(&(child.household_id, person)));
        wording::child_label(&child.name, place, siblings.len(), to_family)
    }

    fn debtor(&self, item: &Item) -> String {
        let person = item.owed_by_person_id.and_then(|id| self.facts.people.get(&id));
        if let Some(person) = person {
            return wording::salutation(&person.name, person.sex, None);
        }
        let area = self.facts.areas.get(&item.area_code).map_or("", String::as_str);
        let organisation = item.owed_by_organisation_id.and_then(|id| self.facts.organisations.get(&id));
        match (item.owed_by_post, organisation) {
            (Some(post), _) => wording::post_holder(area, post),
            (None, Some(name)) => wording::cut(name),
            (None, None) => wording::somebody(),
        }
    }

    fn helper(&self, area: Option<&str>) -> String {
        let director = area.and_then(|code| self.facts.people.get(self.facts.directors.get(code)?));
        let phone = director
            .and_then(|person| self.vault.open_option(Purpose::Phone, person.phone_sealed.as_deref()).ok().flatten());
        wording::helper(director.map(|person| (person.name.as_str(), person.sex)), phone.as_deref())
    }

    /// A code for every question in the message; what was asked before keeps its code.
    fn codes(&self, items: &[&Item]) -> Vec<(i64, String)> {
        let mut codes: Vec<(i64, String)> = Vec::new();
        for item in items.iter().filter(|item| self.templates.is_answerable(&self.template(item))) {
            let asked = self.asked(item);
            let before = asked.iter().find(|(duty, person, _)| (*duty, *person) == (item.duty_id, item.person_id));
            let code = match (&item.reply_code, before) {
                (Some(code), _) => code.clone(),
                (None, Some((_, _, code))) => code.clone(),
                (None, None) => {
                    let taken = |code: &str| {
                        asked.iter().any(|(_, _, other)| other == code) || codes.iter().any(|(_, other)| other == code)
                    };
                    self.new_code(item, taken)
                }
            };
            codes.push((item.reminder_id, code));
        }
        codes
    }

    fn asked(&self, item: &Item) -> &[(i64, i64, String)] {
        let phone = self.facts.people.get(&item.person_id).and_then(|person| person.phone_index.as_ref());
        phone.and_then(|phone| self.facts.questions.get(phone)).map_or(&[][..], Vec::as_slice)
    }

    fn new_code(&self, item: &Item, taken: impl Fn(&str) -> bool) -> String {
        let hash = self.vault.index(Purpose::Message, &format!("reply/{}/{}", item.duty_id, item.person_id));
        let start = hash.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 9000;
        let candidates = (0..9000).map(|step| (1000 + (start + step) % 9000).to_string());
        candidates.into_iter().find(|code| !taken(code)).unwrap_or_default()
    }

    /// What to answer: a bare digit when this is the only question of the phone, otherwise with its code.
    fn answers(&self, item: &Item, codes: &[(i64, String)]) -> (String, String) {
        let Some((_, code)) = codes.iter().find(|(reminder, _)| *reminder == item.reminder_id) else {
            return ("1".into(), "2".into());
        };
        let alone = codes.len() == 1 && self.asked(item).iter().all(|(_, _, other)| other == code);
        if alone { ("1".into(), "2".into()) } else { (format!("1#{code}"), format!("2#{code}")) }
    }

    fn mobile(&self, message: &Claimed, person: Option<&Addressee>) -> Result<Mobile, DeathReason> {
        let sealed = message.to_sealed.as_ref().or(person.and_then(|person| person.phone_sealed.as_ref()));
        let digits = sealed.and_then(|sealed| self.vault.open(Purpose::Phone, sealed).ok());
        digits.and_then(|digits| Mobile::parse(&digits).ok()).ok_or(DeathReason::NoChannel)
    }

    fn email(&self, person: Option<&Addressee>) -> Result<String, DeathReason> {
        let sealed = person.and_then(|person| person.email_sealed.as_ref());
        sealed.and_then(|sealed| self.vault.open(Purpose::Email, sealed).ok()).ok_or(DeathReason::NoChannel)
    }

    fn index(
        &self,
        message: &Claimed,
        channel: ChannelKind,
        person: Option<&Addressee>,
    ) -> Result<Option<String>, DeathReason> {
        if channel != ChannelKind::Sms {
            return Ok(None);
        }
        if let Some(index) =
            person.and_then(|person| person.phone_index.clone()).filter(|_| message.to_sealed.is_none())
        {
            return Ok(Some(index));
        }
        Ok(Some(self.vault.index(Purpose::Phone, self.mobile(message, person)?.digits())))
    }
}
