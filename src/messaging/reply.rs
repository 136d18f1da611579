//! What a person means who answers an SMS, read from the text alone and then judged against their open questions.
//!
//! `1` done, `2` need help, `T` no more reminders, `1#4827` the answer to one of several questions; anything else is
//! for a human being. A bare `1` with several open questions is asked back, never guessed.

use crate::messaging::phone::half_width;
use crate::text_enum;

/// The longest reply that is looked at for a code; longer texts are words for a person.
const LONGEST_CODE_CHARS: usize = 24;

text_enum! {
    /// What a person can answer to a question.
    pub enum Answer {
        Done = "done",
        NeedHelp = "need_help",
    }
}

/// A reply as read from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `1` or `2`, with the digits after `#` when there were any.
    Answer { answer: Answer, code: Option<String> },
    /// `T`, `TD`, 退订.
    Stop,
    /// Words.
    Words,
}

/// One question a number may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The message that asked.
    pub message_id: i64,
    /// The duty it asked about.
    pub duty_id: i64,
    /// The four digits that name it.
    pub code: String,
    /// Its line in a list of choices, without a name.
    pub line: String,
}

/// What is to be done with a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Hand the answer to the slice that owns the duty.
    Act { answer: Answer, question: Question },
    /// Ask which of these is meant.
    AskBack { choices: Vec<Question> },
    /// The question was settled before; say so.
    AlreadyDone,
    /// Send no more reminders, safety excepted.
    Stop,
    /// A person reads it.
    Inbox(InboxReason),
}

text_enum! {
    /// Why a reply lies in the village director's inbox.
    pub enum InboxReason {
        /// Help is wanted.
        HelpWanted = "help_wanted",
        /// Words rather than a number.
        Words = "words",
        /// An answer where nothing was asked.
        NothingAsked = "nothing_asked",
        /// Nobody here has this number.
        UnknownNumber = "unknown_number",
    }
}

/// Reads a reply; full-width characters, spaces, brackets and closing punctuation do not matter.
pub fn read(text: &str) -> Reply {
    let plain: String = text.chars().take(LONGEST_CODE_CHARS + 1).filter_map(significant).collect();
    if text.chars().count() > LONGEST_CODE_CHARS {
        return Reply::Words;
    }
    let word = plain.strip_prefix("回复").or_else(|| plain.strip_prefix('回')).unwrap_or(&plain);
    match word {
        "T" | "TD" | "退订" => Reply::Stop,
        _ => read_answer(word).unwrap_or(Reply::Words),
    }
}

/// Judges a reply against what the number was asked; `settled_lately` says whether a question of it was closed recently.
pub fn decide(reply: &Reply, open: &[Question], settled_lately: bool) -> Decision {
    match reply {
        Reply::Stop => Decision::Stop,
        Reply::Words => Decision::Inbox(InboxReason::Words),
        Reply::Answer { answer, code } => decide_answer(*answer, code.as_deref(), open, settled_lately),
    }
}

fn decide_answer(answer: Answer, code: Option<&str>, open: &[Question], settled_lately: bool) -> Decision {
    let named = code.and_then(|code| open.iter().find(|question| question.code == code));
    match (answer, named, open) {
        (_, Some(question), _) => Decision::Act { answer, question: question.clone() },
        (_, None, [only]) if code.is_none() => Decision::Act { answer, question: only.clone() },
        (Answer::NeedHelp, ..) => Decision::Inbox(InboxReason::HelpWanted),
        (Answer::Done, _, []) if settled_lately => Decision::AlreadyDone,
        (Answer::Done, _, []) => Decision::Inbox(InboxReason::NothingAsked),
        (Answer::Done, ..) => Decision::AskBack { choices: open.to_vec() },
    }
}

fn significant(c: char) -> Option<char> {
    match half_width(c) {
        c if c.is_whitespace() || c.is_control() => None,
        '。' | '.' | ',' | '、' | '!' | ';' | ':' | '"' | '\'' | '“' | '”' | '‘' | '’' | '~' => None,
        '【' | '】' | '(' | ')' | '[' | ']' | '「' | '」' | '<' | '>' | '《' | '》' => None,
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fe0f}' | '\u{20e3}' => None,
        '﹟' | '♯' => Some('#'),
        c => Some(c.to_ascii_uppercase()),
    }
}

fn read_answer(word: &str) -> Option<Reply> {
    let (first, rest) = word.split_at_checked(1)?;
    let answer = match first {
        "1" => Answer::Done,
        "2" => Answer::NeedHelp,
        _ => return None,
    };
    let code = match rest.strip_prefix(['#', '*', '-', '+', '/']) {
        _ if rest.is_empty() => None,
        Some(code) if is_code(code) => Some(code.to_owned()),
        None if rest.len() == 4 && is_code(rest) => Some(rest.to_owned()),
        _ => return None,
    };
    Some(Reply::Answer { answer, code })
}

fn is_code(text: &str) -> bool {
    (3..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn done(code: Option<&str>) -> Reply {
        Reply::Answer { answer: Answer::Done, code: code.map(str::to_owned) }
    }

    fn question(code: &str) -> Question {
        Question { message_id: 1, duty_id: 7, code: code.into(), line: "给孩子打电话".into() }
    }

    #[test]
    fn a_one_is_a_one_however_it_is_typed() {
        for text in
            ["1", " 1 ", "１", "1。", "1.", "1！", "【1】", "“1”", "(1)", "回1", "回复1", "回复：1", "1️⃣", "1\n"]
        {
            assert_eq!(read(text), done(None), "{text:?}");
        }
    }

    #[test]
    fn the_code_after_the_sign_is_found() {
        for text in ["1#4827", "1 # 4827", "１＃４８２７", "1 4827", "14827", "1＊4827", "1-4827", "回复1#4827。"]
        {
            assert_eq!(read(text), done(Some("4827")), "{text:?}");
        }
        assert_eq!(read("2#4827"), Reply::Answer { answer: Answer::NeedHelp, code: Some("4827".into()) });
    }

    #[test]
    fn stop_is_understood_in_its_usual_forms() {
        for text in ["T", "t", "TD", "td ", "Ｔ", "ＴＤ", "退订", "回T", "回复TD。"] {
            assert_eq!(read(text), Reply::Stop, "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_words_for_a_person() {
        for text in
            ["", "好的", "11", "3", "1#", "1#abc", "1#12", "12", "孩子病了", "一", "T恤", "1号打过电话了", "1#1234567"]
        {
            assert_eq!(read(text), Reply::Words, "{text:?}");
        }
        assert_eq!(read(&"1 ".repeat(40)), Reply::Words);
    }

    #[test]
    fn one_open_question_is_answered_by_a_bare_one() {
        let open = [question("4827")];
        assert_eq!(
            decide(&read("1"), &open, false),
            Decision::Act { answer: Answer::Done, question: question("4827") }
        );
    }

    #[test]
    fn several_open_questions_are_asked_back_and_never_guessed() {
        let open = [question("4827"), question("5190")];
        assert_eq!(decide(&read("1"), &open, false), Decision::AskBack { choices: open.to_vec() });
        assert_eq!(decide(&read("1#1111"), &open, false), Decision::AskBack { choices: open.to_vec() });
        assert_eq!(
            decide(&read("1#5190"), &open, false),
            Decision::Act { answer: Answer::Done, question: question("5190") }
        );
    }

    #[test]
    fn a_wrong_code_is_asked_back_even_when_only_one_question_is_open() {
        let open = [question("4827")];
        assert_eq!(decide(&read("1#9999"), &open, false), Decision::AskBack { choices: open.to_vec() });
    }

    #[test]
    fn a_cry_for_help_reaches_a_person_at_once() {
        let open = [question("4827"), question("5190")];
        assert_eq!(decide(&read("2"), &open, false), Decision::Inbox(InboxReason::HelpWanted));
        assert_eq!(decide(&read("2"), &[], true), Decision::Inbox(InboxReason::HelpWanted));
    }

    #[test]
    fn a_second_one_for_the_same_question_is_thanked_again() {
        assert_eq!(decide(&read("1"), &[], true), Decision::AlreadyDone);
        assert_eq!(decide(&read("1"), &[], false), Decision::Inbox(InboxReason::NothingAsked));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}") {
            let reply = read(&text);
            decide(&reply, &[question("4827"), question("5190")], false);
        }

        #[test]
        fn with_several_open_questions_only_a_fitting_code_acts(
            text in "[12T１２Ｔ#＃ 。]{0,3}[0-9]{0,5}", codes in prop::collection::btree_set("[0-9]{4}", 2..6),
        ) {
            let open: Vec<Question> = codes.iter().map(|code| question(code)).collect();
            if let Decision::Act { question, .. } = decide(&read(&text), &open, false) {
                let digits: String = text.chars().map(half_width).filter(char::is_ascii_digit).collect();
                prop_assert!(digits.ends_with(&question.code));
            }
        }
    }
}
