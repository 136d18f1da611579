//! Who may not be an entrusted guardian, and what must be weighed and heard before one is chosen
//! (Minor Protection Law art. 22): four bars, four considerations, the child's own view.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reasons::Reason;
use crate::text_enum;

text_enum! {
    /// The four situations of art. 22 that exclude a person.
    pub enum Bar {
        /// Ever sexual harm, abuse, abandonment, trafficking or violence.
        HarmedSomeone = "harmed_someone",
        /// Drug use, alcoholism or gambling.
        Addiction = "addiction",
        /// Refused or long neglected guardianship or care.
        NeglectedCare = "neglected_care",
        /// Unfit for another reason.
        OtherwiseUnfit = "otherwise_unfit",
    }
}

impl Bar {
    fn reason(self) -> Reason {
        match self {
            Self::HarmedSomeone => Reason::BarHarmedSomeone,
            Self::Addiction => Reason::BarAddiction,
            Self::NeglectedCare => Reason::BarNeglectedCare,
            Self::OtherwiseUnfit => Reason::BarOtherwiseUnfit,
        }
    }
}

text_enum! {
    /// What the child wants, in one word.
    pub enum Wish {
        Agrees = "agrees",
        PrefersSomeoneElse = "prefers_someone_else",
        Refuses = "refuses",
        Undecided = "undecided",
    }
}

/// The four things to consider about a proposed carer; each is a sentence or two in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Considerations {
    /// 道德品质.
    pub character: String,
    /// 家庭状况.
    pub family: String,
    /// 身心健康状况.
    pub body_and_mind: String,
    /// 与未成年人生活情感上的联系.
    pub bond: String,
}

/// How the child was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "heard", rename_all = "snake_case")]
pub enum ChildsVoice {
    /// The child said something; a wish against the carer needs an answer to it.
    Heard {
        wish: Wish,
        words: String,
        /// How a wish against this carer was taken into account.
        #[serde(default)]
        answer: Option<String>,
    },
    /// The child cannot express a view; why.
    NotAble { reason: String },
}

/// The answers to the four bars: for each, whether it is present. All four must be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BarAnswers {
    pub harmed_someone: bool,
    pub addiction: bool,
    pub neglected_care: bool,
    pub otherwise_unfit: bool,
}

/// The declaration that precedes every agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Declaration {
    pub bars: BarAnswers,
    /// How the answers were checked (asked whom, looked up where).
    pub checked_how: String,
    pub considerations: Considerations,
    pub childs_voice: ChildsVoice,
}

impl BarAnswers {
    /// The bars that are present, in the order of the law.
    pub fn present(&self) -> Vec<Bar> {
        let answers = [self.harmed_someone, self.addiction, self.neglected_care, self.otherwise_unfit];
        Bar::ALL.iter().zip(answers).filter(|(_, present)| *present).map(|(bar, _)| *bar).collect()
    }
}

/// Everything that stands against this declaration: bars that are present first, then what was left out.
/// Empty means that nothing in art. 22 stands in the way.
pub fn objections(declaration: &Declaration) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = declaration.bars.present().into_iter().map(Bar::reason).collect();
    if is_blank(&declaration.checked_how) {
        reasons.push(Reason::BarsNotChecked);
    }
    reasons.extend(unconsidered(&declaration.considerations));
    reasons.extend(unheard(&declaration.childs_voice));
    reasons
}

/// The words of a declaration by field, to bound their length.
pub fn texts(declaration: &Declaration) -> Vec<(&'static str, &str)> {
    let considered = &declaration.considerations;
    let mut texts = vec![
        ("checked_how", declaration.checked_how.as_str()),
        ("character", &considered.character),
        ("family", &considered.family),
        ("body_and_mind", &considered.body_and_mind),
        ("bond", &considered.bond),
    ];
    match &declaration.childs_voice {
        ChildsVoice::NotAble { reason } => texts.push(("childs_voice", reason)),
        ChildsVoice::Heard { words, answer, .. } => {
            texts.push(("childs_voice", words));
            texts.extend(answer.as_deref().map(|answer| ("childs_voice", answer)));
        }
    }
    texts
}

fn unconsidered(considerations: &Considerations) -> Vec<Reason> {
    [
        (&considerations.character, Reason::CharacterNotConsidered),
        (&considerations.family, Reason::FamilyNotConsidered),
        (&considerations.body_and_mind, Reason::BodyAndMindNotConsidered),
        (&considerations.bond, Reason::BondNotConsidered),
    ]
    .into_iter()
    .filter(|(words, _)| is_blank(words))
    .map(|(_, reason)| reason)
    .collect()
}

fn unheard(voice: &ChildsVoice) -> Option<Reason> {
    match voice {
        ChildsVoice::NotAble { reason } => is_blank(reason).then_some(Reason::NotAbleNeedsReason),
        ChildsVoice::Heard { words, .. } if is_blank(words) => Some(Reason::ChildsWordsMissing),
        ChildsVoice::Heard { wish: Wish::Refuses | Wish::PrefersSomeoneElse, answer, .. } => {
            answer.as_deref().is_none_or(is_blank).then_some(Reason::ChildsWishUnanswered)
        }
        ChildsVoice::Heard { .. } => None,
    }
}

fn is_blank(words: &str) -> bool {
    words.trim().is_empty()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn sound() -> Declaration {
        Declaration {
            bars: BarAnswers { harmed_someone: false, addiction: false, neglected_care: false, otherwise_unfit: false },
            checked_how: "走访邻居并向派出所核实".into(),
            considerations: Considerations {
                character: "为人本分".into(),
                family: "家庭和睦".into(),
                body_and_mind: "身体健康".into(),
                bond: "孩子从小由其带大".into(),
            },
            childs_voice: ChildsVoice::Heard { wish: Wish::Agrees, words: "愿意跟奶奶住".into(), answer: None },
        }
    }

    #[test]
    fn a_sound_declaration_meets_no_objection() {
        assert_eq!(objections(&sound()), vec![]);
    }

    #[test]
    fn each_bar_blocks_by_its_own_name() {
        let mut declaration = sound();
        declaration.bars =
            BarAnswers { harmed_someone: true, addiction: true, neglected_care: true, otherwise_unfit: true };
        assert_eq!(
            objections(&declaration),
            vec![Reason::BarHarmedSomeone, Reason::BarAddiction, Reason::BarNeglectedCare, Reason::BarOtherwiseUnfit]
        );
    }

    #[test]
    fn not_able_to_speak_needs_a_reason() {
        let mut declaration = sound();
        declaration.childs_voice = ChildsVoice::NotAble { reason: " ".into() };
        assert_eq!(objections(&declaration), vec![Reason::NotAbleNeedsReason]);
        declaration.childs_voice = ChildsVoice::NotAble { reason: "一岁，尚不会说话".into() };
        assert_eq!(objections(&declaration), vec![]);
    }

    #[test]
    fn a_wish_against_the_carer_needs_an_answer() {
        let mut declaration = sound();
        declaration.childs_voice = ChildsVoice::Heard { wish: Wish::Refuses, words: "不想去".into(), answer: None };
        assert_eq!(objections(&declaration), vec![Reason::ChildsWishUnanswered]);
        declaration.childs_voice =
            ChildsVoice::Heard {
                wish: Wish::Refuses, words: "不想去".into(), answer: Some("先试住两周再决定".into())
            };
        assert_eq!(objections(&declaration), vec![]);
    }

    proptest! {
        #[test]
        fn any_bar_always_blocks(bits in 1u8..16, words in "\\PC{0,20}") {
            let mut declaration = sound();
            declaration.bars = BarAnswers {
                harmed_someone: bits & 1 != 0, addiction: bits & 2 != 0,
                neglected_care: bits & 4 != 0, otherwise_unfit: bits & 8 != 0,
            };
            declaration.checked_how = words;
            prop_assert!(objections(&declaration).len() >= bits.count_ones() as usize);
        }
    }
}
