//! The county as a step finds it: homes with who lives in them, and who sits at which desk.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use diesel::prelude::*;

use super::Words;
use crate::app::App;
use crate::areas;
use crate::children::{self, ChildRow, MemberRow, Occasion};
use crate::clock::Instant;
use crate::demo::Ground;
use crate::guardianship::Act;
use crate::identity::{Actor, Person, PhoneState, PostKind, Scope, posts_of};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::{households, posts};

/// A member of a household.
pub struct Member {
    pub row: MemberRow,
    pub person: Person,
}

impl Member {
    pub fn has_phone(&self) -> bool {
        !matches!(self.person.phone_state, PhoneState::None | PhoneState::Invalid)
    }
}

/// A household with its children on the ledger, oldest record first.
pub struct Home {
    pub id: i64,
    pub village: String,
    pub children: Vec<ChildRow>,
    pub members: Vec<Member>,
}

impl Home {
    pub fn parents(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.row.kin.is_parent())
    }

    /// The parents who hold guardianship and can be spoken to.
    pub fn guardians(&self) -> Vec<&Member> {
        let gone = |member: &&Member| member.person.deceased_on.is_some() || !member.has_phone();
        self.parents().filter(|member| member.row.holds_guardianship && !gone(member)).collect()
    }

    /// Whoever looks after the children and is no parent of theirs.
    pub fn carer(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.row.cares && !member.row.kin.is_parent())
    }
}

/// The county at the beginning of a step.
pub struct Scene<'a> {
    pub app: &'a App,
    pub words: &'a Words,
    pub now: Instant,
    pub homes: Vec<Home>,
    desks: BTreeMap<(String, PostKind), i64>,
}

impl<'a> Scene<'a> {
    pub fn set(app: &'a App, ground: &'a Ground, conn: &mut Conn, now: Instant) -> Outcome<Self> {
        let rows: Vec<(i64, String)> =
            households::table.select((households::id, households::village_code)).order(households::id).load(conn)?;
        let mut homes = Vec::new();
        for (id, village) in rows {
            let members = children::members_of(conn, id)?;
            homes.push(Home {
                id,
                village,
                children: children::children_of(conn, id)?,
                members: members.into_iter().map(|(row, person)| Member { row, person }).collect(),
            });
        }
        let held: Vec<(String, PostKind, i64)> = posts::table
            .filter(posts::until.is_null())
            .select((posts::area_code, posts::kind, posts::person_id))
            .order(posts::id.desc())
            .load(conn)?;
        let desks = held.into_iter().map(|(area, kind, person)| ((area, kind), person)).collect();
        Ok(Self { app, words: &ground.words, now, homes, desks })
    }

    /// That hour, so many days ago.
    pub fn ago(&self, days: i64, hour: u32, minute: u32) -> Instant {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        Instant::at_local(self.now.plus_days(-days).date(), time)
    }

    /// Somebody who acts, with the posts held then.
    pub fn person(&self, conn: &mut Conn, person_id: i64) -> Outcome<Actor> {
        let posts = posts_of(conn, person_id, self.now.date())?;
        Ok(Actor::signed_in(person_id, 0, posts))
    }

    /// Whoever holds a post in the village, or in the township or county that it lies in.
    pub fn officer(&self, conn: &mut Conn, kind: PostKind, village: &str) -> Outcome<Actor> {
        let places = [village.to_owned(), areas::township_of(village), areas::county_of(village)];
        let holder = places.into_iter().find_map(|area| self.desks.get(&(area, kind)).copied());
        let holder = holder.ok_or_else(|| Fault::internal(format!("the demo has no {kind} for {village}")))?;
        self.person(conn, holder)
    }

    pub fn director(&self, conn: &mut Conn, village: &str) -> Outcome<Actor> {
        self.officer(conn, PostKind::VillageDirector, village)
    }

    /// How an agreement is acted on.
    pub fn act(&self, actor: &Actor, at: Instant) -> Act {
        Act { actor: Some(actor.clone()), ..Act::by_itself(self.app, at) }
    }

    /// How the ledger is acted on.
    pub fn occasion<'b>(&'b self, actor: &'b Actor, at: Instant) -> Occasion<'b> {
        Occasion::of(self.app, at, Some(actor))
    }
}

/// What the posts of an actor reach.
pub fn scope_of(actor: &Actor) -> Scope {
    Scope {
        person_id: actor.person_id,
        areas: actor.posts.iter().map(|post| post.area_prefix().to_owned()).collect(),
        organisations: Vec::new(),
        ties: &[],
    }
}
