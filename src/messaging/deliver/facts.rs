//! What has to be known about a batch of messages, loaded set by set.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::claim::Claimed;
use crate::areas::{significant, township_of};
use crate::clock::Instant;
use crate::duties::DutyKind;
use crate::identity::{PhoneState, PostKind, Sex};
use crate::messaging::journey::FreezeReason;
use crate::messaging::quiet::Urgency;
use crate::messaging::route::ChannelKind;
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::{
    areas, attempts, children, duties, email_stops, household_members, message_bars, messages, organisations, people,
    posts, reminders, wechat_credits,
};

/// A person who is written to, or named in a message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = people)]
pub(super) struct Addressee {
    pub id: i64,
    pub name: String,
    pub sex: Sex,
    pub area_code: Option<String>,
    pub phone_sealed: Option<String>,
    pub phone_index: Option<String>,
    pub phone_state: PhoneState,
    pub email_sealed: Option<String>,
    pub wechat_openid: Option<String>,
    pub reminders_stopped_at: Option<Instant>,
    pub deceased_on: Option<NaiveDate>,
}

/// One reminder with its duty as it stands now.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Item {
    pub reminder_id: i64,
    pub message_id: Option<i64>,
    pub person_id: i64,
    pub role: String,
    pub reply_code: Option<String>,
    pub duty_id: i64,
    pub kind: DutyKind,
    pub area_code: String,
    pub owed_by_person_id: Option<i64>,
    pub owed_by_post: Option<PostKind>,
    pub owed_by_organisation_id: Option<i64>,
    pub due_at: Instant,
    pub closed_at: Option<Instant>,
    pub paused_until: Option<Instant>,
    pub child_id: Option<i64>,
}

/// A child as far as messages need it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = children)]
pub(super) struct Child {
    pub id: i64,
    pub household_id: i64,
    pub name: String,
    pub birth_date: NaiveDate,
    pub state: String,
}

/// A post held now.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Held {
    pub person_id: i64,
    pub kind: PostKind,
    pub area_code: String,
    pub organisation_id: Option<i64>,
}

/// Everything about one batch.
#[derive(Default)]
pub(super) struct Facts {
    pub people: HashMap<i64, Addressee>,
    pub posts: HashMap<i64, Vec<Held>>,
    /// By the message whose reminders they are, the most pressing first.
    pub items: HashMap<i64, Vec<Item>>,
    pub children: HashMap<i64, Child>,
    /// The children of a household on the ledger, oldest first.
    pub siblings: HashMap<i64, Vec<i64>>,
    /// Households and the people who belong to them.
    pub family: HashSet<(i64, i64)>,
    pub bars: HashMap<i64, Vec<(Option<i64>, FreezeReason)>>,
    pub sms_today: HashMap<i64, i64>,
    /// Who wants no reminders by e-mail.
    pub email_stopped: HashSet<i64>,
    pub credits: HashMap<(i64, String), i64>,
    pub areas: HashMap<String, String>,
    /// Village director by village.
    pub directors: HashMap<String, i64>,
    pub organisations: HashMap<i64, String>,
    /// Open questions by phone: duty, person, code.
    pub questions: HashMap<String, Vec<(i64, i64, String)>>,
}

impl Facts {
    pub fn load(conn: &mut Conn, batch: &[Claimed], now: Instant) -> Outcome<Self> {
        let mut facts = Self::default();
        let addressees = unique(batch.iter().filter_map(|message| message.person_id));
        facts.load_items(conn, batch)?;
        facts.load_children(conn, batch)?;
        facts.load_areas(conn, batch)?;
        facts.load_posts(conn, &addressees, now)?;
        facts.load_people(conn, &addressees)?;
        facts.load_organisations(conn)?;
        facts.load_bars(conn, &addressees)?;
        facts.load_limits(conn, &addressees, now)?;
        facts.load_questions(conn)?;
        Ok(facts)
    }

    fn load_items(&mut self, conn: &mut Conn, batch: &[Claimed]) -> Outcome<()> {
        let sources =
            unique(batch.iter().filter(|m| m.template == super::super::compose::REMINDERS).map(Claimed::source_id));
        if sources.is_empty() {
            return Ok(());
        }
        let rows: Vec<Item> = reminders::table
            .inner_join(duties::table)
            .filter(reminders::message_id.eq_any(sources))
            .order((duties::due_at, duties::id))
            .select((
                reminders::id,
                reminders::message_id,
                reminders::person_id,
                reminders::role,
                reminders::reply_code,
                duties::id,
                duties::kind,
                duties::area_code,
                duties::owed_by_person_id,
                duties::owed_by_post,
                duties::owed_by_organisation_id,
                duties::due_at,
                duties::closed_at,
                duties::paused_until,
                duties::child_id,
            ))
            .load(conn)?;
        for item in rows {
            let items = self.items.entry(item.message_id.unwrap_or_default()).or_default();
            // A later stage of the same duty takes the place of the earlier one.
            match items.iter_mut().find(|other| other.duty_id == item.duty_id) {
                Some(other) if other.reminder_id < item.reminder_id => *other = item,
                Some(_) => {}
                None => items.push(item),
            }
        }
        Ok(())
    }

    fn all_items(&self) -> impl Iterator<Item = &Item> {
        self.items.values().flatten()
    }

    fn load_children(&mut self, conn: &mut Conn, batch: &[Claimed]) -> Outcome<()> {
        let ids = unique(
            self.all_items()
                .filter_map(|item| item.child_id)
                .chain(batch.iter().filter_map(|message| message.child_id)),
        );
        if ids.is_empty() {
            return Ok(());
        }
        let households = children::table.filter(children::id.eq_any(&ids)).select(children::household_id);
        let households = unique(households.load::<i64>(conn)?);
        let rows: Vec<Child> = children::table
            .filter(children::household_id.eq_any(&households))
            .order((children::birth_date, children::id))
            .select(Child::as_select())
            .load(conn)?;
        for child in rows {
            if child.state == "active" {
                self.siblings.entry(child.household_id).or_default().push(child.id);
            }
            self.children.insert(child.id, child);
        }
        let family: Vec<(i64, i64)> = household_members::table
            .filter(household_members::household_id.eq_any(&households))
            .filter(household_members::until.is_null())
            .select((household_members::household_id, household_members::person_id))
            .load(conn)?;
        self.family.extend(family);
        Ok(())
    }

    fn load_areas(&mut self, conn: &mut Conn, batch: &[Claimed]) -> Outcome<()> {
        let mut codes: HashSet<String> = self.all_items().map(|item| item.area_code.clone()).collect();
        codes.extend(batch.iter().filter_map(|message| message.area_code.clone()));
        codes.extend(codes.clone().iter().map(|code| township_of(code)));
        if codes.is_empty() {
            return Ok(());
        }
        let rows: Vec<(String, String)> = areas::table
            .filter(areas::code.eq_any(codes.into_iter().collect::<Vec<_>>()))
            .select((areas::code, areas::name))
            .load(conn)?;
        self.areas.extend(rows);
        Ok(())
    }

    /// The posts of the addressees, and who directs each village.
    fn load_posts(&mut self, conn: &mut Conn, addressees: &[i64], now: Instant) -> Outcome<()> {
        let today = now.date();
        let villages: Vec<String> = self.areas.keys().filter(|code| significant(code).len() == 12).cloned().collect();
        let rows: Vec<Held> = posts::table
            .filter(posts::since.le(today))
            .filter(posts::until.is_null().or(posts::until.gt(today)))
            .filter(
                posts::person_id
                    .eq_any(addressees.to_vec())
                    .or(posts::kind.eq(PostKind::VillageDirector).and(posts::area_code.eq_any(villages))),
            )
            .order(posts::id)
            .select((posts::person_id, posts::kind, posts::area_code, posts::organisation_id))
            .load(conn)?;
        for held in rows {
            if held.kind == PostKind::VillageDirector {
                self.directors.entry(held.area_code.clone()).or_insert(held.person_id);
            }
            self.posts.entry(held.person_id).or_default().push(held);
        }
        Ok(())
    }

    fn load_people(&mut self, conn: &mut Conn, addressees: &[i64]) -> Outcome<()> {
        let debtors = self.all_items().filter_map(|item| item.owed_by_person_id);
        let ids = unique(addressees.iter().copied().chain(debtors).chain(self.directors.values().copied()));
        if ids.is_empty() {
            return Ok(());
        }
        let rows: Vec<Addressee> =
            people::table.filter(people::id.eq_any(ids)).select(Addressee::as_select()).load(conn)?;
        self.people.extend(rows.into_iter().map(|person| (person.id, person)));
        Ok(())
    }

    fn load_organisations(&mut self, conn: &mut Conn) -> Outcome<()> {
        let ids = unique(self.all_items().filter_map(|item| item.owed_by_organisation_id));
        if ids.is_empty() {
            return Ok(());
        }
        let rows: Vec<(i64, String)> = organisations::table
            .filter(organisations::id.eq_any(ids))
            .select((organisations::id, organisations::name))
            .load(conn)?;
        self.organisations.extend(rows);
        Ok(())
    }

    fn load_bars(&mut self, conn: &mut Conn, addressees: &[i64]) -> Outcome<()> {
        if addressees.is_empty() {
            return Ok(());
        }
        let rows: Vec<(i64, Option<i64>, FreezeReason)> = message_bars::table
            .filter(message_bars::person_id.eq_any(addressees.to_vec()))
            .filter(message_bars::until.is_null())
            .order(message_bars::id)
            .select((message_bars::person_id, message_bars::child_id, message_bars::reason))
            .load(conn)?;
        for (person_id, child_id, reason) in rows {
            self.bars.entry(person_id).or_default().push((child_id, reason));
        }
        Ok(())
    }

    /// How many reminder SMS each person has had today, and their WeChat credits.
    fn load_limits(&mut self, conn: &mut Conn, addressees: &[i64], now: Instant) -> Outcome<()> {
        if addressees.is_empty() {
            return Ok(());
        }
        let today: Vec<Option<i64>> = attempts::table
            .inner_join(messages::table)
            .filter(messages::person_id.eq_any(addressees.to_vec()))
            .filter(messages::urgency.eq(Urgency::Routine))
            .filter(attempts::channel.eq(ChannelKind::Sms))
            .filter(attempts::state.ne("refused"))
            .filter(attempts::started_at.ge(Instant::start_of(now.date())))
            .select(messages::person_id)
            .load(conn)?;
        for person_id in today.into_iter().flatten() {
            *self.sms_today.entry(person_id).or_default() += 1;
        }
        let stopped: Vec<i64> = email_stops::table
            .filter(email_stops::person_id.eq_any(addressees.to_vec()))
            .select(email_stops::person_id)
            .load(conn)?;
        self.email_stopped.extend(stopped);
        let credits: Vec<(i64, String, i64)> = wechat_credits::table
            .filter(wechat_credits::person_id.eq_any(addressees.to_vec()))
            .filter(wechat_credits::credits.gt(0))
            .select((wechat_credits::person_id, wechat_credits::template, wechat_credits::credits))
            .load(conn)?;
        self.credits.extend(credits.into_iter().map(|(person, template, credits)| ((person, template), credits)));
        Ok(())
    }

    /// What the phones of this batch were asked before and have not answered.
    fn load_questions(&mut self, conn: &mut Conn) -> Outcome<()> {
        let phones: HashSet<String> =
            self.all_items().filter_map(|item| self.people.get(&item.person_id)?.phone_index.clone()).collect();
        if phones.is_empty() {
            return Ok(());
        }
        let rows: Vec<(Option<String>, i64, i64, Option<String>)> = reminders::table
            .inner_join(duties::table)
            .inner_join(people::table)
            .filter(people::phone_index.eq_any(phones.into_iter().collect::<Vec<_>>()))
            .filter(duties::closed_at.is_null())
            .filter(reminders::reply_code.is_not_null())
            .order(reminders::id)
            .select((people::phone_index, reminders::duty_id, reminders::person_id, reminders::reply_code))
            .load(conn)?;
        for (phone, duty_id, person_id, code) in rows {
            if let (Some(phone), Some(code)) = (phone, code) {
                self.questions.entry(phone).or_default().push((duty_id, person_id, code));
            }
        }
        Ok(())
    }
}

fn unique(ids: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
