//! The families of a village: who is away since when, who looks after the children, what weighs on them.
//!
//! Each family has a stream of chance of its own; all dates hang on the day the demo is loaded.

use chrono::{Days, NaiveDate};

use super::Ground;
use super::chance::Chance;
use super::names::Generation;
use super::numbers::Numbers;
use crate::children::classification::facts::{CircumstanceKind, Condition, Kin};
use crate::clock::age_on;
use crate::identity::Sex;

/// How many children a village of the demo has.
pub const CHILDREN_PER_VILLAGE: usize = 30;
const DAYS_PER_YEAR: i64 = 365;

/// A household with its children.
#[derive(Clone, Debug)]
pub struct Family {
    /// The part of the village it lives in, as the village names it.
    pub group: String,
    pub ethnicity: String,
    pub rural: bool,
    pub father: Adult,
    pub mother: Adult,
    pub carer: Option<Carer>,
    pub circumstance: Option<CircumstanceKind>,
    pub children: Vec<Child>,
}

#[derive(Clone, Debug)]
pub struct Adult {
    pub name: String,
    pub sex: Sex,
    pub born: NaiveDate,
    pub identity_number: String,
    pub phone: Option<String>,
    pub condition: Condition,
    /// Where they work away from home, and since when.
    pub away: Option<(String, NaiveDate)>,
}

#[derive(Clone, Debug)]
pub struct Carer {
    pub adult: Adult,
    pub kin: Kin,
}

#[derive(Clone, Debug)]
pub struct Child {
    pub name: String,
    pub sex: Sex,
    pub born: NaiveDate,
    pub identity_number: String,
    pub boarding: bool,
    pub disability: Option<String>,
    pub illness: Option<String>,
}

/// What a family's parents do, in hundredths of all families.
#[derive(Clone, Copy, Debug)]
struct Shape {
    percent: usize,
    father: (Condition, bool),
    mother: (Condition, bool),
}

const ABLE: Condition = Condition::Able;
const SHAPES: [Shape; 8] = [
    Shape { percent: 50, father: (ABLE, true), mother: (ABLE, true) },
    Shape { percent: 15, father: (ABLE, true), mother: (ABLE, false) },
    Shape { percent: 6, father: (ABLE, false), mother: (ABLE, true) },
    Shape { percent: 11, father: (ABLE, false), mother: (ABLE, false) },
    Shape { percent: 8, father: (Condition::SevereDisability, false), mother: (ABLE, true) },
    Shape { percent: 3, father: (Condition::Imprisoned, false), mother: (ABLE, true) },
    Shape { percent: 4, father: (Condition::Dead, false), mother: (Condition::LostContact, false) },
    Shape { percent: 3, father: (Condition::Dead, false), mother: (Condition::Dead, false) },
];

/// The families of one village, with thirty children in all.
pub fn of_village(ground: &Ground, numbers: &mut Numbers, place: usize, today: NaiveDate) -> Vec<Family> {
    let mut families = Vec::new();
    let mut children = 0;
    while children < CHILDREN_PER_VILLAGE {
        let stream = u64::try_from(place * 1_000 + families.len()).unwrap_or_default();
        let mut draw = Draw { ground, numbers, chance: Chance::stream(stream), today };
        let family = draw.family(CHILDREN_PER_VILLAGE - children);
        children += family.children.len();
        families.push(family);
    }
    families
}

/// What drawing a family needs.
struct Draw<'a> {
    ground: &'a Ground,
    numbers: &'a mut Numbers,
    chance: Chance,
    today: NaiveDate,
}

impl Draw<'_> {
    fn family(&mut self, most: usize) -> Family {
        let shape = self.shape();
        let surname = self.ground.names.surname(&mut self.chance);
        let eldest_days = self.chance.between(200, 17 * DAYS_PER_YEAR + 300);
        let parent_days = eldest_days + self.chance.between(21, 31) * DAYS_PER_YEAR;
        let father = self.parent(&surname, Sex::Male, parent_days, shape.father);
        let mothers_name = self.ground.names.surname(&mut self.chance);
        let mother = self.parent(&mothers_name, Sex::Female, parent_days - 400, shape.mother);
        let at_home = |parent: &Adult| parent.condition == ABLE && parent.away.is_none();
        let carer = (!at_home(&father) && !at_home(&mother)).then(|| self.carer(&surname, parent_days));
        Family {
            group: self.chance.pick(&self.ground.lives.groups),
            ethnicity: self.ground.names.ethnicity(&mut self.chance),
            rural: self.chance.percent(96),
            circumstance: self.circumstance(),
            children: self.children(&surname, eldest_days, most),
            father,
            mother,
            carer,
        }
    }

    fn shape(&mut self) -> Shape {
        let mut at = self.chance.below(SHAPES.iter().map(|shape| shape.percent).sum());
        for shape in SHAPES {
            if at < shape.percent {
                return shape;
            }
            at -= shape.percent;
        }
        Shape { percent: 0, father: (ABLE, true), mother: (ABLE, true) }
    }

    fn parent(&mut self, surname: &str, sex: Sex, days: i64, (condition, away): (Condition, bool)) -> Adult {
        let mut adult = self.adult(surname, Generation::Grown, sex, days);
        adult.condition = condition;
        if matches!(condition, Condition::Dead | Condition::LostContact | Condition::Imprisoned) {
            adult.phone = None;
        }
        adult.away = away.then(|| {
            // One in ten left less than six months ago: not yet a left-behind child's parent.
            let days =
                if self.chance.percent(10) { self.chance.between(30, 170) } else { self.chance.between(200, 2_500) };
            (self.chance.pick(&self.ground.lives.work_places), before(self.today, days))
        });
        adult
    }

    fn carer(&mut self, surname: &str, parent_days: i64) -> Carer {
        let (kin, sex, older_years) = match self.chance.below(20) {
            0..=5 => (Kin::PaternalGrandfather, Sex::Male, self.chance.between(21, 30)),
            6..=13 => (Kin::PaternalGrandmother, Sex::Female, self.chance.between(20, 28)),
            14..=16 => (Kin::MaternalGrandmother, Sex::Female, self.chance.between(20, 27)),
            17 | 18 => (Kin::UncleOrAunt, Sex::Male, self.chance.between(-2, 8)),
            _ => (Kin::Neighbour, Sex::Female, self.chance.between(0, 12)),
        };
        let surname = match kin {
            Kin::PaternalGrandfather | Kin::UncleOrAunt => surname.to_owned(),
            _ => self.ground.names.surname(&mut self.chance),
        };
        let generation = if older_years > 15 { Generation::Old } else { Generation::Grown };
        let mut adult = self.adult(&surname, generation, sex, parent_days + older_years * DAYS_PER_YEAR);
        if generation == Generation::Old && self.chance.percent(25) {
            adult.phone = None;
        }
        Carer { adult, kin }
    }

    fn adult(&mut self, surname: &str, generation: Generation, sex: Sex, days: i64) -> Adult {
        let born = before(self.today, days);
        Adult {
            name: self.ground.names.full(&mut self.chance, surname, generation, sex),
            sex,
            born,
            identity_number: self.numbers.identity(born, sex),
            phone: Some(self.numbers.phone()),
            condition: ABLE,
            away: None,
        }
    }

    fn circumstance(&mut self) -> Option<CircumstanceKind> {
        match self.chance.below(20) {
            0..=2 => Some(CircumstanceKind::MinimumLivingAllowance),
            3 | 4 => Some(CircumstanceKind::OutOfPoverty),
            5 => Some(CircumstanceKind::PovertyWatch),
            _ => None,
        }
    }

    fn children(&mut self, surname: &str, eldest_days: i64, most: usize) -> Vec<Child> {
        let wanted = match self.chance.below(10) {
            0..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        let mut days = eldest_days;
        let mut children = Vec::new();
        while children.len() < usize::min(wanted, most) && days > 60 {
            children.push(self.child(surname, days));
            days -= self.chance.between(500, 1_500);
        }
        children
    }

    fn child(&mut self, surname: &str, days: i64) -> Child {
        let sex = if self.chance.percent(52) { Sex::Male } else { Sex::Female };
        let born = before(self.today, days);
        let (disabled, ill) = (self.chance.percent(5), self.chance.percent(4));
        Child {
            name: self.ground.names.full(&mut self.chance, surname, Generation::Young, sex),
            sex,
            born,
            identity_number: self.numbers.identity(born, sex),
            boarding: age_on(born, self.today) >= 10 && self.chance.percent(50),
            disability: disabled.then(|| self.chance.pick(&self.ground.lives.disabilities)),
            illness: ill.then(|| self.chance.pick(&self.ground.lives.illnesses)),
        }
    }
}

fn before(today: NaiveDate, days: i64) -> NaiveDate {
    today.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(today)
}
