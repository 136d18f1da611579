//! Names as people of that age and sex have them.

use serde::Deserialize;

use super::chance::Chance;
use crate::identity::Sex;

/// The lists of `config/demo/names.toml`.
#[derive(Debug, Deserialize)]
pub struct Names {
    surnames: Vec<String>,
    ethnicities: Vec<String>,
    old_man: GivenNames,
    old_woman: GivenNames,
    man: GivenNames,
    woman: GivenNames,
    boy: GivenNames,
    girl: GivenNames,
}

#[derive(Debug, Deserialize)]
struct GivenNames {
    first: Vec<String>,
    second: Vec<String>,
}

/// Which fashion of given names somebody's parents followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    Old,
    Grown,
    Young,
}

impl Names {
    pub fn surname(&self, chance: &mut Chance) -> String {
        chance.pick(&self.surnames)
    }

    pub fn ethnicity(&self, chance: &mut Chance) -> String {
        chance.pick(&self.ethnicities)
    }

    /// A full name; one in six has a single given character.
    pub fn full(&self, chance: &mut Chance, surname: &str, generation: Generation, sex: Sex) -> String {
        let given = match (generation, sex) {
            (Generation::Old, Sex::Male) => &self.old_man,
            (Generation::Old, Sex::Female) => &self.old_woman,
            (Generation::Grown, Sex::Male) => &self.man,
            (Generation::Grown, Sex::Female) => &self.woman,
            (Generation::Young, Sex::Male) => &self.boy,
            (Generation::Young, Sex::Female) => &self.girl,
        };
        let second = chance.pick(&given.second);
        if chance.percent(17) {
            format!("{surname}{second}")
        } else {
            format!("{surname}{}{second}", chance.pick(&given.first))
        }
    }
}
