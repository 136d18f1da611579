//! A row's family against the household that the ledger holds: who is the same, who is new, what is said differently.
//!
//! A blank cell says nothing. A parent who is somebody else needs a person; what would weaken the ledger (a verified
//! phone, a death, a return home) is not taken and said so.

use super::held::{HeldAdult, HeldHome, described};
use super::said::{Said, Topic};
use super::verdict::Touched;
use crate::children::classification::facts::{Condition, Kin};
use crate::children::household::{AwayFields, CheckedPerson, MemberFields, UndatedPlace};
use crate::children::identity_number::IdentityNumber;
use crate::children::ledger::{MemberWanted, PersonWanted};
use crate::children::sheet::words::word;
use crate::children::sheet::{About, AdultCells, Finding, LedgerRow, Person, Weight};
use crate::identity::Sex;
use crate::messaging::phone::Mobile;

/// One change of somebody in a household.
#[derive(Clone, Debug)]
pub enum AdultChange {
    Join(Box<MemberWanted>),
    Fields { member_id: i64, fields: MemberFields },
    Away { member_id: i64, away: AwayFields },
    Place { member_id: i64, place: UndatedPlace },
    Phone { person_id: i64, phone: Mobile },
    IdentityNumber { person_id: i64, number: IdentityNumber },
    Name { person_id: i64, name: String },
}

/// All that a row changes in a household.
#[derive(Clone, Debug, Default)]
pub struct HomeChanges {
    pub address: Option<String>,
    pub adults: Vec<AdultChange>,
    pub touched: Vec<Touched>,
    pub findings: Vec<Finding>,
}

impl HomeChanges {
    pub fn is_empty(&self) -> bool {
        self.address.is_none() && self.adults.is_empty()
    }
}

/// How an adult of a row stands to a household.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    Held(&'a HeldAdult),
    /// The household has somebody else in this place.
    Taken(&'a HeldAdult),
    Absent,
}

impl<'a> Standing<'a> {
    pub fn held(self) -> Option<&'a HeldAdult> {
        match self {
            Self::Held(adult) => Some(adult),
            Self::Taken(_) | Self::Absent => None,
        }
    }
}

/// Who of the household the row means by `cells`.
pub fn standing<'a>(home: &'a HeldHome, who: Person, cells: &AdultCells) -> Standing<'a> {
    let known = home.known.get(place_of(who)).copied().flatten();
    let is_meant = |adult: &&HeldAdult| cells.is_told() && (is_same(adult, cells) || Some(adult.person_id) == known);
    let same = home.adults.iter().find(is_meant);
    let Some(kin) = parent_kin(who) else { return same.map_or(Standing::Absent, Standing::Held) };
    let is_parent = |adult: &&HeldAdult| stands_for(adult.fields.kin, kin);
    if let Some(adult) = home.adults.iter().filter(is_parent).find(is_meant) {
        return Standing::Held(adult);
    }
    match home.adults.iter().find(|adult| adult.fields.kin == kin) {
        Some(adult) if cells.is_told() && could_be(adult, cells, kin) => Standing::Held(adult),
        Some(adult) => Standing::Taken(adult),
        None => same.map_or(Standing::Absent, Standing::Taken),
    }
}

/// Whether the row's parents could be those of the household.
pub fn fits(row: &LedgerRow, home: &HeldHome) -> bool {
    [Person::Father, Person::Mother].into_iter().all(|who| {
        let cells = row.adult(who);
        match standing(home, who, cells) {
            _ if !cells.is_told() => true,
            Standing::Held(adult) => !has_another_number(adult, cells),
            Standing::Taken(_) => false,
            Standing::Absent => true,
        }
    })
}

/// What the row changes in the household.
pub fn merge(row: &LedgerRow, home: &HeldHome, said: &Said) -> HomeChanges {
    let mut merging = Merging { row, said, changes: HomeChanges::default() };
    merging.address(home);
    for who in [Person::Father, Person::Mother, Person::Carer] {
        let cells = row.adult(who);
        if !cells.is_told() {
            continue;
        }
        match standing(home, who, cells) {
            Standing::Held(adult) => merging.compare(home, who, cells, adult),
            Standing::Taken(adult) => {
                let finding = Finding::new(Weight::Fault, "parent_differs_from_ledger").other(&adult.name);
                merging.say(finding, who, About::Name);
            }
            Standing::Absent => merging.join(home, who, cells),
        }
    }
    merging.changes
}

struct Merging<'a> {
    row: &'a LedgerRow,
    said: &'a Said,
    changes: HomeChanges,
}

impl Merging<'_> {
    fn address(&mut self, home: &HeldHome) {
        let Some(address) = &self.row.child.address else { return };
        if home.address.as_ref() == Some(address) {
            return;
        }
        let topic = home.id.map(|household| Topic::Address { household });
        if topic.is_none_or(|topic| self.may_say(topic, Person::Child, About::Address)) {
            self.changes.address = Some(address.clone());
            if home.id.is_some() {
                self.touch(Person::Child, About::Address);
            }
        }
    }

    fn compare(&mut self, home: &HeldHome, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        self.name(who, cells, adult);
        self.identity_number(home, who, cells, adult);
        self.phone(who, cells, adult);
        self.fields(who, cells, adult);
        self.whereabouts(who, cells, adult);
    }

    fn name(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        let Some(name) = cells.name.as_ref().filter(|name| **name != adult.name) else { return };
        if parent_kin(who).is_some_and(|kin| adult.name == unnamed(kin)) {
            if self.may_say(Topic::Name { person: adult.person_id }, who, About::Name) {
                let change = AdultChange::Name { person_id: adult.person_id, name: name.clone() };
                self.change(change, who, About::Name);
            }
        } else {
            self.say(Finding::new(Weight::Doubt, "name_of_adult_differs").other(&adult.name), who, About::Name);
        }
    }

    fn identity_number(&mut self, home: &HeldHome, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        let Some(number) = &cells.identity_number else { return };
        let known = home.known.get(place_of(who)).copied().flatten();
        if adult.identity_number.is_some() {
            if adult.identity_number.as_ref() != Some(number) {
                self.say(Finding::new(Weight::Doubt, "identity_of_adult_differs"), who, About::IdentityNumber);
            }
        } else if known.is_some_and(|person| person != adult.person_id) {
            self.say(Finding::new(Weight::Doubt, "identity_of_somebody_else"), who, About::IdentityNumber);
        } else if self.may_say(Topic::IdentityNumber { person: adult.person_id }, who, About::IdentityNumber) {
            let change = AdultChange::IdentityNumber { person_id: adult.person_id, number: number.clone() };
            self.change(change, who, About::IdentityNumber);
        }
    }

    fn phone(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        let Some(first) = cells.phones.first() else { return };
        if adult.phone.as_ref().is_some_and(|phone| cells.phones.contains(phone)) {
            return;
        }
        if adult.phone_verified {
            self.say(Finding::new(Weight::Doubt, "phone_differs_from_verified"), who, About::Phone);
        } else if self.may_say(Topic::Phone { person: adult.person_id }, who, About::Phone) {
            let change = AdultChange::Phone { person_id: adult.person_id, phone: first.clone() };
            self.change(change, who, About::Phone);
        }
    }

    /// Kin, care and condition.
    fn fields(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        let mut fields = adult.fields.clone();
        let mut about = Vec::new();
        if let Some(kin) = cells.kin.filter(|kin| who == Person::Carer && *kin != fields.kin && !kin.is_parent())
            && !fields.kin.is_parent()
            && self.may_say(Topic::Kin { member: adult.member_id }, who, About::Kin)
        {
            fields.kin = kin;
            about.push(About::Kin);
        }
        if (who == Person::Carer || cells.cares) && !fields.cares {
            fields.cares = true;
            about.push(About::Name);
        }
        if let Some(condition) = self.new_condition(who, cells, adult) {
            fields.condition = condition;
            fields.condition_since = None;
            fields.condition_expected_until = None;
            fields.holds_guardianship &= condition != Condition::GuardianshipRevoked;
            about.push(About::Condition);
        }
        if !about.is_empty() {
            about.into_iter().for_each(|about| self.touch(who, about));
            self.changes.adults.push(AdultChange::Fields { member_id: adult.member_id, fields });
        }
    }

    /// The condition that the row tells, when it is another one and may be taken.
    fn new_condition(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) -> Option<Condition> {
        let held = adult.fields.condition;
        let told = cells.condition.filter(|told| *told != held)?;
        let recovers = told == Condition::Able && held != Condition::WithoutAbility;
        if held.is_gone() || recovers {
            let finding = Finding::new(Weight::Doubt, "condition_better_than_ledger");
            self.say(finding.other(word("condition", held.as_str())), who, About::Condition);
            return None;
        }
        self.may_say(Topic::Condition { member: adult.member_id }, who, About::Condition).then_some(told)
    }

    fn whereabouts(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        match cells.away {
            _ if adult.fields.condition.is_gone() => {}
            Some(true) => self.away(who, cells, adult),
            Some(false) if adult.away.as_ref().is_some_and(|away| away.outside_county) => {
                let told = if cells.place.is_some() { About::Place } else { About::Situation };
                self.say(Finding::new(Weight::Doubt, "home_needs_date"), who, told);
            }
            Some(false) | None => {}
        }
    }

    fn away(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) {
        let place = self.new_place(who, cells, adult);
        let held_place = adult.away.as_ref().map_or(&adult.undated_place, |away| &away.place);
        let outside_county = cells.outside_county.unwrap_or(true);
        let since = self.new_since(who, cells, adult);
        let member_id = adult.member_id;
        match (since.or(adult.away.as_ref().map(|away| away.since)), &place) {
            (Some(since_day), _) if since.is_some() || place.is_some() => {
                if since.is_some() {
                    self.touch(who, About::Since);
                }
                if place.is_some() {
                    self.touch(who, About::Place);
                }
                let outside_county = match (&place, &adult.away) {
                    (None, Some(away)) => away.outside_county,
                    _ => outside_county,
                };
                let place = place.or_else(|| held_place.clone());
                let away = AwayFields { place, outside_county, since: since_day };
                self.changes.adults.push(AdultChange::Away { member_id, away });
            }
            (None, place) if cells.away_since.is_none() && (place.is_some() || held_place.is_none()) => {
                let place = UndatedPlace { place: place.clone().unwrap_or_default(), outside_county };
                self.change(AdultChange::Place { member_id, place }, who, About::Place);
            }
            _ => {}
        }
    }

    fn new_place(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) -> Option<String> {
        let held = adult.away.as_ref().map_or(&adult.undated_place, |away| &away.place);
        let place = cells.place.as_ref().filter(|place| held.as_ref() != Some(place))?;
        self.may_say(Topic::Place { member: adult.member_id }, who, About::Place).then(|| place.clone())
    }

    /// Since when the row says the parent is away, when the ledger says something else.
    fn new_since(&mut self, who: Person, cells: &AdultCells, adult: &HeldAdult) -> Option<chrono::NaiveDate> {
        let told = cells.away_since?;
        let near = |day: chrono::NaiveDate| (day - told).num_days().abs() <= cells.away_since_within_days;
        match &adult.away {
            Some(away) if near(away.since) => None,
            None if adult.past_departures.iter().any(|day| near(*day)) => {
                self.say(Finding::new(Weight::Doubt, "returned_in_ledger"), who, About::Since);
                None
            }
            _ => self.may_say(Topic::Since { member: adult.member_id }, who, About::Since).then_some(told),
        }
    }

    fn join(&mut self, home: &HeldHome, who: Person, cells: &AdultCells) {
        let Some(person) = self.person(who, cells) else { return };
        let kin = parent_kin(who).or(cells.kin).unwrap_or(Kin::Other);
        let condition = cells.condition.unwrap_or(Condition::Able);
        let fields = MemberFields {
            kin,
            holds_guardianship: kin.is_parent() && condition != Condition::GuardianshipRevoked,
            cares: who == Person::Carer || cells.cares,
            condition,
            condition_since: None,
            condition_expected_until: None,
            backup_order: None,
        };
        let outside_county = cells.outside_county.unwrap_or(true);
        let is_away = cells.away == Some(true);
        let member = MemberWanted {
            person: PersonWanted::Described(person),
            fields,
            away: cells.away_since.filter(|_| is_away).map(|since| AwayFields {
                place: cells.place.clone(),
                outside_county,
                since,
            }),
            undated: (is_away && cells.away_since.is_none())
                .then(|| UndatedPlace { place: cells.place.clone().unwrap_or_default(), outside_county }),
        };
        if home.id.is_some() {
            self.touch(who, About::Name);
            let other = home.adults.iter().find(|adult| who == Person::Carer && adult.fields.cares);
            if let Some(other) = other {
                self.say(Finding::new(Weight::Note, "another_carer").other(&other.name), who, About::Name);
            }
        }
        self.changes.adults.push(AdultChange::Join(Box::new(member)));
    }

    /// Somebody to add: a parent of whom only the fate is told gets a name that says so.
    fn person(&mut self, who: Person, cells: &AdultCells) -> Option<CheckedPerson> {
        if let Some(person) = described(cells) {
            return Some(person);
        }
        match (parent_kin(who), &cells.name, cells.sex) {
            (Some(kin), None, Some(sex)) if cells.condition.is_some() => {
                Some(CheckedPerson { name: unnamed(kin).to_owned(), ..nobody(sex, cells) })
            }
            (_, None, _) => {
                self.say(Finding::new(Weight::Doubt, "adult_name_missing"), who, About::Name);
                None
            }
            _ => {
                self.say(Finding::new(Weight::Doubt, "adult_sex_unknown"), who, About::Name);
                None
            }
        }
    }

    /// Whether the row may change `topic`: an earlier row of the same family that spoke of it counts.
    fn may_say(&mut self, topic: Topic, who: Person, about: About) -> bool {
        let Some(earlier) = self.said.by(topic) else { return true };
        self.say(Finding::new(Weight::Doubt, "differs_from_row").other(earlier), who, about);
        false
    }

    fn change(&mut self, change: AdultChange, who: Person, about: About) {
        self.touch(who, about);
        self.changes.adults.push(change);
    }

    fn touch(&mut self, who: Person, about: About) {
        self.changes.touched.push(Touched::of(self.row, who, about));
    }

    fn say(&mut self, finding: Finding, who: Person, about: About) {
        self.changes.findings.push(self.row.say(finding, who, about));
    }
}

fn nobody(sex: Sex, cells: &AdultCells) -> CheckedPerson {
    CheckedPerson {
        name: String::new(),
        sex,
        birth_date: cells.birth_date,
        phone: cells.phones.first().cloned(),
        identity_number: cells.identity_number.clone(),
        can_read: true,
    }
}

fn is_same(adult: &HeldAdult, cells: &AdultCells) -> bool {
    let numbers = adult.identity_number.as_ref().zip(cells.identity_number.as_ref());
    numbers.is_some_and(|(held, told)| held == told) || cells.name.as_ref() == Some(&adult.name)
}

fn has_another_number(adult: &HeldAdult, cells: &AdultCells) -> bool {
    adult.identity_number.as_ref().zip(cells.identity_number.as_ref()).is_some_and(|(held, told)| held != told)
}

/// Whether the father (mother) of the household may be meant although nothing proves it.
fn could_be(adult: &HeldAdult, cells: &AdultCells, kin: Kin) -> bool {
    let same_phone = adult.phone.as_ref().is_some_and(|phone| cells.phones.contains(phone));
    cells.name.is_none() || same_phone || adult.name == unnamed(kin)
}

fn parent_kin(who: Person) -> Option<Kin> {
    match who {
        Person::Father => Some(Kin::Father),
        Person::Mother => Some(Kin::Mother),
        Person::Child | Person::Parents | Person::Carer => None,
    }
}

/// Whether a village would write somebody of this kin into the column of the father (mother).
fn stands_for(kin: Kin, parent: Kin) -> bool {
    match parent {
        Kin::Father => matches!(kin, Kin::Father | Kin::AdoptiveFather | Kin::StepFather),
        _ => matches!(kin, Kin::Mother | Kin::AdoptiveMother | Kin::StepMother),
    }
}

fn unnamed(kin: Kin) -> &'static str {
    word("unnamed", kin.as_str())
}

fn place_of(who: Person) -> usize {
    match who {
        Person::Mother => 1,
        Person::Carer => 2,
        Person::Father | Person::Parents | Person::Child => 0,
    }
}
