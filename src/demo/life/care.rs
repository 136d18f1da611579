//! Entrusted care: agreements in every state, most of them in force, signed on the parents' phones and at the village.

use std::cmp::Reverse;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::scene::{Home, Member, Scene, scope_of};
use crate::app::App;
use crate::children::ChildRow;
use crate::children::classification::facts::Kin;
use crate::clock::{Instant, age_on, birthday};
use crate::crypto::Purpose;
use crate::demo::Ground;
use crate::demo::chance::Chance;
use crate::guardianship::agreement::{AgreementEnd, CarerKind, PartyRole};
use crate::guardianship::bars::{BarAnswers, ChildsVoice, Considerations, Declaration, Wish};
use crate::guardianship::capacity::{CapacityAnswer, Fitness, Questionnaire, Submission};
use crate::guardianship::notice::NoticeTo;
use crate::guardianship::remuneration::{Payer, Period, Terms};
use crate::guardianship::signature::{Device, Reading};
use crate::guardianship::steps::{self, Details, Party, ProposedCarer, Signature, Signed, Wanted};
use crate::guardianship::strokes::{Handwriting, Point};
use crate::guardianship::text::LivingCosts;
use crate::identity::{Actor, PostKind};
use crate::problem::{Fault, Outcome};
use crate::storage::Conn;
use crate::storage::schema::messages;

/// How far an agreement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Drafted,
    Assessed,
    /// Sent, and not signed by all.
    Waiting,
    /// Sent so long ago that the next night lets it lapse.
    Forgotten,
    InForce,
    /// In force for so many days more.
    Ending(i64),
    Ended,
    Refused,
    Unfit,
}

/// In hundredths of the children whom a relative looks after; the rest have no agreement.
const FATES: [(usize, Fate); 11] = [
    (3, Fate::Drafted),
    (4, Fate::Assessed),
    (8, Fate::Waiting),
    (2, Fate::Forgotten),
    (50, Fate::InForce),
    (2, Fate::Ending(5)),
    (3, Fate::Ending(22)),
    (4, Fate::Ending(48)),
    (3, Fate::Ended),
    (2, Fate::Refused),
    (2, Fate::Unfit),
];

/// Makes the agreements of all villages.
pub fn entrust(app: &App, ground: &Ground, tx: &mut Conn, now: Instant) -> Outcome<()> {
    let scene = Scene::set(app, ground, tx, now)?;
    let mut plans = Vec::new();
    for home in &scene.homes {
        let guardians = home.guardians();
        let Some(carer) = home.carer() else { continue };
        if guardians.is_empty()
            || guardians.len() < home.parents().filter(|parent| parent.row.holds_guardianship).count()
        {
            continue;
        }
        for child in &home.children {
            let mut chance = Chance::stream(200_000 + u64::try_from(child.id).unwrap_or_default());
            let Some(fate) = fate(&mut chance) else { continue };
            let plan = Plan { scene: &scene, home, child, carer, fate, begun: fate.begun(&mut chance) };
            if plan.last_day_as_a_child() > now.plus_days(1).date() {
                plans.push((plan, chance));
            }
        }
    }
    // In order of time, as the limits on codes want it.
    plans.sort_by_key(|(plan, _)| (Reverse(plan.begun), plan.turn()));
    plans.iter_mut().try_for_each(|(plan, chance)| plan.play(tx, chance))
}

fn fate(chance: &mut Chance) -> Option<Fate> {
    let mut at = chance.below(100);
    for (percent, fate) in FATES {
        if at < percent {
            return Some(fate);
        }
        at -= percent;
    }
    None
}

/// One agreement and what becomes of it.
struct Plan<'a> {
    scene: &'a Scene<'a>,
    home: &'a Home,
    child: &'a ChildRow,
    carer: &'a Member,
    fate: Fate,
    /// Days ago.
    begun: i64,
}

impl Fate {
    fn begun(self, chance: &mut Chance) -> i64 {
        match self {
            Self::Drafted | Self::Assessed => chance.between(3, 40),
            Self::Waiting => chance.between(3, 20),
            Self::Forgotten => chance.between(64, 80),
            Self::InForce | Self::Ending(_) | Self::Ended => chance.between(25, 90),
            Self::Refused | Self::Unfit => chance.between(8, 50),
        }
    }
}

impl Plan<'_> {
    fn play(&self, tx: &mut Conn, chance: &mut Chance) -> Outcome<()> {
        let begun = self.begun;
        let director = self.scene.director(tx, &self.home.village)?;
        let id = self.draft(tx, &director, begun, chance)?;
        if self.fate == Fate::Drafted {
            return Ok(());
        }
        let fitness = if self.fate == Fate::Unfit { Fitness::Unfit } else { Fitness::Fit };
        self.assess(tx, &director, begun, fitness)?;
        if self.fate == Fate::Unfit {
            return Ok(());
        }
        let act = self.scene.act(&director, self.at(begun, 9, 40));
        steps::declare(tx, &act, id, &self.declaration())?;
        // Of those that wait to be sent, the village has consented to friends and not yet to relatives.
        if self.fate == Fate::Assessed && self.kind() != CarerKind::Friend {
            return Ok(());
        }
        if self.kind().needs_consent() {
            steps::consent(tx, &self.scene.act(&director, self.at(begun - 1, 10, 0)), id, true, None)?;
        }
        if self.fate == Fate::Assessed {
            return Ok(());
        }
        steps::send(tx, &self.scene.act(&director, self.at(begun - 1, 11, 0)), id, director.person_id)?;
        self.sign(tx, &director, id, begun)?;
        self.follow(tx, &director, id, begun, chance)
    }

    fn last_day_as_a_child(&self) -> NaiveDate {
        let grown_up = birthday(self.child.birth_date, 18);
        grown_up.pred_opt().unwrap_or(grown_up)
    }

    /// A time of day that no other child of the village uses, so that no two codes go to one phone in one minute.
    fn at(&self, days_ago: i64, hour: u32, minute: u32) -> Instant {
        self.scene.ago(days_ago.max(1), hour, minute).plus_minutes(self.turn())
    }

    fn turn(&self) -> i64 {
        self.child.id.rem_euclid(30) * 2
    }

    fn kind(&self) -> CarerKind {
        match self.carer.row.kin {
            Kin::PaternalGrandfather
            | Kin::PaternalGrandmother
            | Kin::MaternalGrandfather
            | Kin::MaternalGrandmother => CarerKind::Grandparent,
            Kin::Neighbour | Kin::Friend => CarerKind::Friend,
            _ => CarerKind::Relative,
        }
    }

    fn draft(&self, tx: &mut Conn, director: &Actor, begun: i64, chance: &mut Chance) -> Outcome<i64> {
        let words = self.scene.words;
        let at = self.at(begun, 9, 0);
        let term_from = at.plus_days(1).date();
        let term_until = match self.fate {
            Fate::Ending(days) => self.scene.now.plus_days(days).date(),
            _ => at.plus_days(chance.between(300, 360)).date(),
        };
        let term_until = term_until.min(self.last_day_as_a_child());
        let paid = chance.percent(6) || self.kind() == CarerKind::Friend;
        let wanted = Wanted {
            child_id: self.child.id,
            carer: ProposedCarer::Known(self.carer.person.id),
            kind: self.kind(),
            term_from,
            term_until,
            details: Details {
                reason: words.reason.clone(),
                relation: None,
                daily: Some(words.daily.clone()),
                health: None,
                living_costs: Some(LivingCosts { amount_fen: 50_000 + chance.between(0, 5) * 10_000, day: 5 }),
            },
            terms: paid.then_some(Terms { amount_fen: 30_000, period: Period::Month, payer: Payer::Parents }),
        };
        steps::draft(tx, &self.scene.act(director, at), &scope_of(director), &wanted)
    }

    fn assess(&self, tx: &mut Conn, director: &Actor, begun: i64, conclusion: Fitness) -> Outcome<()> {
        let words = self.scene.words;
        let questions = Questionnaire::current().questions.iter();
        let reason = if conclusion == Fitness::Unfit { &words.unfit_reason } else { &words.capacity_reason };
        let submission = Submission {
            answers: questions.map(|question| (question.code.clone(), CapacityAnswer::Yes)).collect(),
            conclusion,
            reason: Some(reason.clone()),
        };
        let act = self.scene.act(director, self.at(begun, 9, 20));
        steps::assess(tx, &act, &scope_of(director), self.child.id, self.carer.person.id, &submission)?;
        Ok(())
    }

    fn declaration(&self) -> Declaration {
        let words = self.scene.words;
        let able = age_on(self.child.birth_date, self.scene.now.date()) >= 6;
        Declaration {
            bars: BarAnswers { harmed_someone: false, addiction: false, neglected_care: false, otherwise_unfit: false },
            checked_how: words.checked_how.clone(),
            considerations: Considerations {
                character: words.character.clone(),
                family: words.home.clone(),
                body_and_mind: words.body_and_mind.clone(),
                bond: words.bond.clone(),
            },
            childs_voice: if able {
                ChildsVoice::Heard { wish: Wish::Agrees, words: words.wish_words.clone(), answer: None }
            } else {
                ChildsVoice::NotAble { reason: words.not_able_because.clone() }
            },
        }
    }

    /// Everybody signs, or as many as this fate lets.
    fn sign(&self, tx: &mut Conn, director: &Actor, id: i64, begun: i64) -> Outcome<()> {
        let parties = steps::parties(tx, id)?;
        let all = !matches!(self.fate, Fate::Waiting | Fate::Forgotten | Fate::Refused);
        let signing = parties.len() - if all { 0 } else { 1 + usize::from(self.child.id % 2 == 0) };
        // The witness first, and the parents, who are far away, last.
        let mut order: Vec<&Party> = parties.iter().collect();
        order.sort_by_key(|party| match party.role {
            PartyRole::Witness => 0,
            PartyRole::Carer => 1,
            PartyRole::Child => 2,
            PartyRole::Parent => 3,
        });
        for (place, party) in order.into_iter().take(signing).enumerate() {
            let place = u32::try_from(place).unwrap_or_default();
            let day = begun - if party.role == PartyRole::Parent { 2 } else { 1 };
            self.sign_one(tx, director, id, party, self.at(day, 12 + place, 0))?;
        }
        if self.fate == Fate::Refused {
            let unsigned = steps::parties(tx, id)?.into_iter().find(|party| party.signed_at.is_none());
            if let Some(party) = unsigned {
                let actor = self.scene.person(tx, party.person_id.unwrap_or_default())?;
                let act = self.scene.act(&actor, self.at(begun - 3, 20, 0));
                steps::refuse(tx, &act, id, party.id, &self.scene.words.refusal_reason)?;
            }
        }
        Ok(())
    }

    fn sign_one(&self, tx: &mut Conn, director: &Actor, id: i64, party: &Party, at: Instant) -> Outcome<()> {
        let words = self.scene.words;
        let by_phone = match party.role {
            PartyRole::Child => false,
            PartyRole::Carer => self.carer.has_phone() && !self.kind().needs_hosting(),
            PartyRole::Parent | PartyRole::Witness => true,
        };
        let actor = match party.person_id.filter(|_| by_phone) {
            Some(person_id) => self.scene.person(tx, person_id)?,
            None => director.clone(),
        };
        let act = self.scene.act(&actor, at);
        if !by_phone {
            steps::open_turn(tx, &act, id, party.id, &words.phone_of_village)?;
        }
        let has_phone = by_phone || (party.role == PartyRole::Carer && self.carer.has_phone());
        let code = if has_phone {
            steps::send_code(tx, &act, id, party.id)?;
            Some(newest_code(tx, self.scene.app)?)
        } else {
            None
        };
        let device = if by_phone { &words.phone_of_parent } else { &words.phone_of_village };
        let signature = Signature {
            document_hash: steps::document_hash(tx, id)?.unwrap_or_default(),
            code,
            reading: if by_phone { Reading::Read } else { Reading::ReadAloud },
            in_person: !by_phone,
            vouched_because: None,
            device: Device { clock_ms: at.millis(), name: device.clone() },
            handwriting: handwriting(party.id),
        };
        match steps::sign(tx, &act, id, party.id, &signature)? {
            Signed::Counted | Signed::Again => Ok(()),
            other => Err(Fault::internal(format!("the demo cannot sign: {other:?}"))),
        }
    }

    /// What comes after the last signature: the notices are read, or not yet; some agreements have ended since.
    fn follow(&self, tx: &mut Conn, director: &Actor, id: i64, begun: i64, chance: &mut Chance) -> Outcome<()> {
        for notice in steps::open_notices(tx, id)? {
            if chance.percent(12) {
                continue;
            }
            let reader = match notice.addressee {
                NoticeTo::School => self.head_of(tx, notice.organisation_id)?,
                NoticeTo::Village => Some(director.clone()),
            };
            if let Some(reader) = reader {
                let act = self.scene.act(&reader, self.at(begun - 4, 10, 0));
                steps::acknowledge(tx, &act, &reader, notice.id)?;
            }
        }
        if matches!(self.fate, Fate::InForce | Fate::Ending(_)) {
            self.pay(tx, director, id)?;
        }
        if self.fate == Fate::Ended {
            let days = chance.between(1, 15);
            let act = self.scene.act(director, self.at(days + 1, 14, 0));
            steps::end_as_asked(tx, &act, id, AgreementEnd::CarerWithdrew, true)?;
            if chance.percent(50) {
                let act = self.scene.act(director, self.at(days, 15, 0));
                steps::hand_over(tx, &act, id, &self.scene.words.received_by, None)?;
            }
        }
        Ok(())
    }

    /// What was due until yesterday is paid; every third family is one period late.
    fn pay(&self, tx: &mut Conn, director: &Actor, id: i64) -> Outcome<()> {
        let today = self.scene.now.date();
        let over: Vec<_> = steps::agreed_periods(tx, id)?.into_iter().filter(|period| period.until < today).collect();
        let late = usize::from(self.child.id % 3 == 0);
        for period in over.iter().take(over.len().saturating_sub(late)) {
            let act = self.scene.act(director, self.scene.ago((today - period.until).num_days(), 18, 0));
            steps::pay(tx, &act, id, period.from, period.until)?;
        }
        Ok(())
    }

    fn head_of(&self, conn: &mut Conn, school_id: Option<i64>) -> Outcome<Option<Actor>> {
        use crate::storage::schema::posts;
        let Some(school_id) = school_id else { return Ok(None) };
        let head: Option<i64> = posts::table
            .filter(posts::organisation_id.eq(school_id))
            .filter(posts::kind.eq(PostKind::SchoolHead))
            .select(posts::person_id)
            .first(conn)
            .optional()?;
        head.map(|person_id| self.scene.person(conn, person_id)).transpose()
    }
}

/// The code that has just been sent, as its receiver reads it.
fn newest_code(conn: &mut Conn, app: &App) -> Outcome<String> {
    let sealed: String = messages::table.order(messages::id.desc()).select(messages::data_sealed).first(conn)?;
    let facts: serde_json::Value =
        serde_json::from_str(&app.vault.open(Purpose::Message, &sealed)?).map_err(Fault::internal)?;
    facts
        .get("code")
        .and_then(serde_json::Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Fault::internal("the newest message holds no code"))
}

/// Two strokes, each hand a little different.
fn handwriting(hand: i64) -> Handwriting {
    let lean = i32::try_from(hand.rem_euclid(7)).unwrap_or_default();
    let stroke = |begin: i64, x: i32| {
        (0..8)
            .map(|step| Point { x: x + step * 20 + lean, y: 40 + step * 12, t: begin + i64::from(step) * 40 })
            .collect()
    };
    Handwriting { width: 600, height: 300, strokes: vec![stroke(0, 40), stroke(500, 300)] }
}
