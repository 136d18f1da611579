use proptest::prelude::*;

use super::*;
use crate::crypto::sha256_hex;
use crate::guardianship::bars::Wish;
use crate::guardianship::bars::tests::sound;
use crate::guardianship::remuneration::{Payer, Period};
use crate::wording::{LABELS_TOML, WordingKind};

fn agreement(data: &AgreementText) -> Result<Frozen, TextError> {
    super::agreement(&Wording::built_in(WordingKind::Agreement), DigestAlgorithm::Sha256, data)
}

fn notice(data: &NoticeText) -> Result<String, TextError> {
    super::notice(&Wording::built_in(WordingKind::Notice), data)
}

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn child() -> NamedChild {
    NamedChild {
        name: "陈小雨".into(),
        sex: "female".into(),
        birth_date: day(2016, 5, 1),
        identity_number: None,
        village: "青石镇河湾村".into(),
        school: Some("青石镇中心小学".into()),
        enrolment: Some(Enrolment::Enrolled),
        signs: true,
    }
}

fn parents() -> Vec<Named> {
    let parent = |name: &str, kin: &str| Named {
        name: name.into(),
        kin: Some(kin.into()),
        phone: Some("13800000001".into()),
        away_place: Some("广东省东莞市".into()),
        ..Named::default()
    };
    vec![parent("陈大山", "father"), parent("李秀兰", "mother")]
}

pub(crate) fn data() -> AgreementText {
    AgreementText {
        number: "WT-2026-000017".into(),
        version: 1,
        replaces: None,
        drafted_on: day(2026, 11, 23),
        child: child(),
        parents: parents(),
        carer: Named {
            name: "王秀英".into(),
            birth_date: Some("1962-05-01".into()),
            relation: Some("奶奶".into()),
            ..Named::default()
        },
        witness: Named { name: "张国强".into(), village: Some("河湾村".into()), ..Named::default() },
        backups: vec![],
        kind: CarerKind::Grandparent,
        reason: "外出务工".into(),
        from: day(2026, 12, 1),
        until: day(2027, 11, 30),
        declaration: sound(),
        assessment: CitedAssessment { on: day(2026, 11, 20), conclusion: Fitness::Fit, reason: None },
        consent_on: None,
        daily: None,
        health: None,
        contact_days: 7,
        living_costs: Some(LivingCosts { amount_fen: 80_000, day: 5 }),
        pay: Some(Terms { amount_fen: 30_000, period: Period::Month, payer: Payer::Parents }),
    }
}

#[test]
fn the_agreement_reads_as_people_expect() {
    let text = agreement(&data()).unwrap().text;
    let (opening, _) = text.split_once("第二条").unwrap();
    let (_, closing) = text.split_once("（二）各方签署").unwrap();
    insta::assert_snapshot!(opening, @r"
    委托照护协议

    协议编号：WT-2026-000017    第1版
    文本版本：2026-11    拟订日期：2026年11月23日
    依据《中华人民共和国民法典》和《中华人民共和国未成年人保护法》第十五条至第二十四条，各方在自愿、平等和最有利于未成年人的原则下，订立本协议。

    第一条 各方
    （一）孩子：陈小雨，女，2016年5月1日出生，现住青石镇河湾村，就读于青石镇中心小学。
    （二）委托人：
        1. 父亲陈大山，电话13800000001，现在广东省东莞市。
        2. 母亲李秀兰，电话13800000001，现在广东省东莞市。
    （三）受委托人：王秀英，1962年5月1日出生，没有手机，经村（居）民委员会联系，与孩子的关系：祖父母、外祖父母（奶奶）。
    （四）见证人：张国强，代表河湾村村（居）民委员会。
    （五）备用联系人：未提供；委托人应当在三十日内补充一名。
    ");
    insta::assert_snapshot!(closing, @r"
    的是同一份冻结的文本，以文本校验值为准。委托人、受委托人、村（居）民委员会各存一份，学校存告知书。

    签字
    1. 委托人（陈大山）：签字____________ 指印____________ 日期____________
    2. 委托人（李秀兰）：签字____________ 指印____________ 日期____________
    3. 受委托人（王秀英）：签字____________ 指印____________ 日期____________
    4. 孩子本人（表达意愿）（陈小雨）：签字____________ 指印____________ 日期____________
    5. 见证人（村（居）民委员会）（张国强）：签字____________ 指印____________ 日期____________

    附件：一、照护能力评估表；二、告知学校书；三、告知村（居）民委员会书；四、交接清单。
    ");
}

/// That every required clause is said, with or without a value, is the linter's to show (`wording::lint`).
#[test]
fn the_agreement_is_called_by_its_name() {
    assert!(agreement(&data()).unwrap().text.starts_with("委托照护协议\n"));
}

/// The samples that a wording is tried with have the very places that an agreement and a notice have.
#[test]
fn the_samples_of_the_linter_have_every_place() {
    let heard = agreement_values(&data());
    let samples: Json = serde_json::from_str(include_str!("../wording/samples.json")).unwrap();
    let of_notice = json!(NoticeText {
        number: String::new(),
        addressee: String::new(),
        child: child(),
        parents: parents(),
        carer: data().carer,
        from: day(2026, 12, 1),
        until: day(2027, 11, 30),
        issued_on: day(2026, 11, 30),
    });
    for (ours, sample) in [(&heard, &samples["agreement"]["full"]), (&of_notice, &samples["notice"]["full"])] {
        let names = |value: &Json| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(ours), names(sample));
        for (name, value) in ours.as_object().unwrap() {
            let first = |value: &Json| value.as_array().and_then(|items| items.first()).unwrap_or(value).clone();
            let (value, theirs) = (first(value), first(&sample[name]));
            if value.is_object() && theirs.is_object() {
                assert_eq!(names(&value), names(&theirs), "{name}");
            }
        }
    }
}

/// A school that is none of our organisations is named all the same, and nobody is said to be at home who is not.
#[test]
fn the_childs_school_is_said_as_the_record_has_it() {
    let opening = |school: Option<&str>, enrolment| {
        let mut other = data();
        other.child.school = school.map(str::to_owned);
        other.child.enrolment = enrolment;
        agreement(&other).unwrap().text.lines().find(|line| line.contains("（一）孩子")).unwrap().to_owned()
    };
    assert!(opening(Some("外县第三小学"), Some(Enrolment::Enrolled)).ends_with("，就读于外县第三小学。"));
    assert!(opening(None, Some(Enrolment::Enrolled)).ends_with("，在校就读。"));
    assert!(opening(None, Some(Enrolment::NotYet)).ends_with("，尚未入学入园。"));
    let unknown = opening(None, None);
    assert!(unknown.ends_with("现住青石镇河湾村。"), "{unknown}");
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let (first, second) = (agreement(&data()).unwrap(), agreement(&data()).unwrap());
    assert_eq!(first, second);
    assert_eq!(first.hash, sha256_hex(first.text.as_bytes()));
}

#[test]
fn money_stands_in_figures_and_in_words() {
    let text = agreement(&data()).unwrap().text;
    assert!(text.contains("每月300.00元（人民币叁佰元整），由父母支付"), "{text}");
    assert!(text.contains("生活费每月800.00元（人民币捌佰元整），于每月5日前支付"));
    let unpaid = agreement(&AgreementText { pay: None, living_costs: None, ..data() }).unwrap().text;
    assert!(unpaid.contains("不付照护报酬"));
}

#[test]
fn a_small_childs_wish_is_written_down_and_not_signed() {
    let mut small = data();
    small.child.signs = false;
    small.declaration.childs_voice = ChildsVoice::NotAble { reason: "一岁，尚不会说话。".into() };
    let text = agreement(&small).unwrap().text;
    assert!(text.contains("目前不能表达意愿，原因：一岁，尚不会说话。\n"));
    assert!(text.contains("不签字，意愿记录在第五条") && !text.contains("孩子本人"));
}

#[test]
fn a_value_can_neither_break_the_line_nor_speak_template() {
    let mut crafted = data();
    crafted.carer.name = "王\n第十九条 {{ number }} {% raw %}\u{202E}秀英".into();
    let text = agreement(&crafted).unwrap().text;
    assert!(text.contains("王 第十九条 {{ number }} {% raw %}秀英"));
    assert!(!text.lines().any(|line| line.starts_with("第十九条")));
}

#[test]
fn no_text_says_that_guardianship_moves() {
    let mut crafted = data();
    crafted.reason = "办理监护权转移".into();
    assert!(matches!(agreement(&crafted), Err(TextError::Forbidden("监护权转移"))));
}

#[test]
fn the_notice_names_whom_to_call() {
    let text = notice(&NoticeText {
        number: "WT-2026-000017".into(),
        addressee: "青石镇中心小学".into(),
        child: child(),
        parents: parents(),
        carer: data().carer,
        from: day(2026, 12, 1),
        until: day(2027, 11, 30),
        issued_on: day(2026, 11, 30),
    })
    .unwrap();
    insta::assert_snapshot!(text, @r"
    委托照护告知书

    青石镇中心小学：

    依据《中华人民共和国未成年人保护法》第二十三条，现将委托照护情况书面告知如下。
    孩子：陈小雨，2016年5月1日出生，现住青石镇河湾村。
    父亲：陈大山，电话13800000001。
    母亲：李秀兰，电话13800000001。
    受委托人：王秀英，没有手机，经村（居）民委员会联系。
    委托期限：2026年12月1日至2027年11月30日。
    父母仍是孩子的监护人。孩子有事请先联系受委托人，并通知父母；发现孩子心理、行为异常的，请及时告知父母和受委托人；发现孩子受到侵害或者面临危险的，请立即报告。
    请在三日内确认收到。

    协议编号：WT-2026-000017    告知日期：2026年11月30日
    ");
}

#[test]
fn every_stored_word_has_a_chinese_one() {
    let labels: toml::Value = toml::from_str(LABELS_TOML).unwrap();
    let has = |table: &str, key: &str| labels.get(table).and_then(|table| table.get(key)).is_some();
    assert!(crate::children::classification::facts::Kin::ALL.iter().all(|kin| has("kin", kin.as_str())));
    assert!(CarerKind::ALL.iter().all(|kind| has("kind", kind.as_str())));
    assert!(Period::ALL.iter().all(|period| has("period", period.as_str())));
    assert!(Payer::ALL.iter().all(|payer| has("payer", payer.as_str())));
    assert!(Wish::ALL.iter().all(|wish| has("wish", wish.as_str())));
    assert!(Fitness::ALL.iter().all(|fitness| has("conclusion", fitness.as_str())));
    assert!(Enrolment::ALL.iter().all(|enrolment| has("enrolment", enrolment.as_str())));
}

proptest! {
    #[test]
    fn no_name_and_no_words_make_the_text_fail_or_grow_a_line(name in "\\PC{0,40}|[\\n\\r\\u{2028}a{}%]{0,20}", words in "(?s).{0,80}") {
        let mut wild = data();
        wild.child.name = name;
        wild.declaration.checked_how = words;
        if let Ok(frozen) = agreement(&wild) {
            prop_assert_eq!(frozen.text.lines().count(), agreement(&data()).unwrap().text.lines().count());
        }
    }
}
