#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
//! Papers from template to check, in one run: set, sealed, flipped, extended, stamped.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use xiangban_documents::{
    Finding, Fonts, Seal, SealError, SealFacts, Sheet, Templates, TypesetError, Typesetter, certificates, check, demo,
};

static TYPESETTER: LazyLock<Typesetter> =
    LazyLock::new(|| Typesetter::new(Fonts::find(&[]).unwrap(), Templates::open(None).unwrap()));

static DEMO: LazyLock<(String, String)> = LazyLock::new(|| demo::key_and_chain().unwrap());

fn seal() -> Seal {
    Seal::from_pem(&DEMO.0, &DEMO.1).unwrap()
}

fn facts() -> SealFacts {
    SealFacts {
        at: "D:20260302090000+08'00'".into(),
        name: "相伴演示印章".into(),
        reason: "各方已全部签署".into(),
        reserve: 8192,
    }
}

fn with_mark(mut data: Value) -> Value {
    let qr = xiangban_documents::qr::svg("https://example.test/check/WT-2026-000017/ab12cd34").unwrap();
    data["date"] = json!([2026, 3, 2]);
    data["mark"] = json!({"number": "WT-2026-000017", "short": "ab12cd34", "qr": qr});
    data
}

fn agreement(child: &str) -> Value {
    let ink = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" fill="none" stroke="black" stroke-width="5"><path d="M40 40L60 52L200 180"/></svg>"#;
    with_mark(json!({
        "title": "委托照护协议",
        "head": ["协议编号：WT-2026-000017    第1版"],
        "preamble": [{"level": 0, "text": "各方订立本协议。"}],
        "articles": [
            {"title": "第一条 各方", "rows": [{"label": "孩子", "lines": [child]}], "paragraphs": []},
            {"title": "第二条 期限", "rows": null, "paragraphs": [
                {"level": 1, "text": "（一）自2026年3月10日起。"}, {"level": 2, "text": "1. 首尾两日都计算在内。"},
            ]},
        ],
        "signers": [
            {"title": "委托人", "name": "王大山", "ink": ink, "signed": "2026年3月2日 09:10", "how": "本人手机签字"},
            {"title": "受委托人", "name": "赵桂兰", "ink": null, "signed": null, "how": null},
        ],
        "notes": ["附件：一、照护能力评估表。"],
    }))
}

fn sample(sheet: Sheet) -> Value {
    let facts = json!([{"label": "孩子", "value": "王小雨"}, {"label": "日期", "value": "2026年3月2日"}]);
    match sheet {
        Sheet::Agreement => agreement("王小雨，女，2017年5月20日出生。"),
        Sheet::CapacityAssessment => with_mark(json!({
            "title": "照护能力评估表", "preamble": ["依据法律规定进行评估。"], "facts": facts,
            "sections": [{"title": "身体", "questions": [{"text": "能够照料饮食起居", "answer": "是"}]}],
            "conclusion": [{"label": "结论", "value": "适合"}],
        })),
        Sheet::Notice => letter("委托照护告知书", "石桥镇中心小学："),
        Sheet::Admonition => letter("履行监护职责督促书", "王大山、陈小梅："),
        Sheet::SubsidyDecision => letter("监护费用资助决定书", "王大山："),
        Sheet::HandOver => with_mark(json!({
            "title": "委托照护交接清单", "preamble": ["当面清点。"], "facts": facts,
            "items": [{"label": "衣物", "value": ""}], "note": "", "signers": ["赵桂兰", "", ""],
        })),
    }
}

fn letter(title: &str, addressee: &str) -> Value {
    with_mark(json!({
        "title": title, "addressee": addressee, "sender": "石桥镇人民政府", "receipt": "已收到。",
        "paragraphs": [
            {"level": 0, "text": "现将有关情况书面告知如下。", "rows": null},
            {"level": 1, "text": "", "rows": [{"label": "（一）标准", "lines": ["每月300.00元"]}]},
            {"level": 2, "text": "1. 每周至少与孩子联系一次。", "rows": null},
        ],
    }))
}

fn set(data: &Value) -> Vec<u8> {
    TYPESETTER.typeset(Sheet::Agreement, data).unwrap()
}

fn sealed() -> &'static [u8] {
    static SEALED: LazyLock<Vec<u8>> =
        LazyLock::new(|| seal().seal(&set(&sample(Sheet::Agreement)), &facts()).unwrap());
    &SEALED
}

fn findings(file: &[u8]) -> Vec<Finding> {
    check(file, seal().chain(), certificates::moment(1_772_413_200).unwrap()).findings
}

#[test]
fn every_sheet_is_set_as_pdf_a() {
    for sheet in Sheet::ALL {
        let file = TYPESETTER.typeset(*sheet, &sample(*sheet)).unwrap();
        assert!(file.starts_with(b"%PDF-"), "{sheet:?}");
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains("<pdfaid:part>2</pdfaid:part>") && text.contains("<pdfaid:conformance>B<"), "{sheet:?}");
    }
}

#[test]
fn the_same_data_gives_the_same_bytes_and_another_name_gives_others() {
    assert!(set(&agreement("王小雨")) == set(&agreement("王小雨")));
    assert!(set(&agreement("王小雨")) != set(&agreement("王小雪")));
}

#[test]
fn a_value_is_text_and_never_markup() {
    for value in
        ["#panic()", "*粗*", "$x^2$", "\\ #image(\"/etc/passwd\")", "= 标题", "#{while true {}}", "<label> @ref"]
    {
        let file = set(&agreement(value));
        assert_eq!(lopdf::Document::load_mem(&file).unwrap().get_pages().len(), 1, "{value}");
    }
}

#[test]
fn a_character_that_no_font_has_is_named_and_not_dropped() {
    // A code point for private use: no font of ours has it.
    match TYPESETTER.typeset(Sheet::Agreement, &agreement("王\u{F8FE}雨")) {
        Err(TypesetError::RareCharacters(missing)) => assert_eq!(missing, ['\u{F8FE}']),
        other => panic!("{other:?}"),
    }
    assert_eq!(TYPESETTER.fonts().missing("王小雨 2026年"), [] as [char; 0]);
}

#[test]
fn a_township_changes_the_look_with_a_file_of_its_own() {
    let folder = std::env::temp_dir().join(format!("xiangban_templates_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("notice.typ"),
        "#import \"common.typ\": *\n#let data = json(\"/data.json\")\n#show: sheet.with(data)\n#data.title",
    )
    .unwrap();
    let own = Typesetter::new(Fonts::find(&[]).unwrap(), Templates::open(Some(&folder)).unwrap());
    let ours = TYPESETTER.typeset(Sheet::Notice, &sample(Sheet::Notice)).unwrap();
    let plain = own.typeset(Sheet::Notice, &sample(Sheet::Notice));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(plain.unwrap() != ours);
}

#[test]
fn missing_fonts_are_named_with_their_packages() {
    let Err(missing) = Fonts::find_in(&["/nowhere".into()]) else { panic!("fonts in /nowhere") };
    let text = missing.to_string();
    assert!(text.contains("fonts-noto-cjk") && text.contains("/nowhere"), "{text}");
}

#[test]
fn a_sealed_paper_holds_and_the_paper_before_the_seal_is_in_it_to_the_byte() {
    let before = set(&sample(Sheet::Agreement));
    assert!(sealed().starts_with(&before));
    assert_eq!(findings(sealed()), []);
    let report = check(sealed(), seal().chain(), certificates::moment(1_772_413_200).unwrap());
    assert_eq!(report.reason.as_deref(), Some("各方已全部签署"));
    assert!(report.sealed_by.unwrap().contains("演示"));
}

#[test]
fn sealing_twice_gives_the_same_bytes() {
    assert!(seal().seal(&set(&sample(Sheet::Agreement)), &facts()).unwrap() == sealed());
}

#[test]
fn what_does_not_fit_is_refused_and_not_cut_off() {
    let facts = SealFacts { reserve: 500, ..facts() };
    assert!(matches!(seal().seal(&set(&sample(Sheet::Agreement)), &facts), Err(SealError::NoRoom(500))));
}

#[test]
fn a_key_and_somebody_elses_certificate_do_not_go_together() {
    let (other, _) = demo::key_and_chain().unwrap();
    assert!(matches!(Seal::from_pem(&other, &DEMO.1), Err(SealError::OtherKey)));
}

#[test]
fn any_flipped_bit_is_noticed() {
    let file = sealed();
    // Bytes of the paper here and there, those of the seal close by each other.
    let from = file.len() - 20_500;
    for at in (0..from).step_by(1009).chain((from..file.len()).step_by(61)) {
        let mut other = file.to_vec();
        other[at] ^= 1 << (at % 8);
        assert!(!findings(&other).is_empty(), "byte {at} of {}", file.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_is_noticed_wherever_it_is(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut other = sealed().to_vec();
        let at = at.index(other.len());
        other[at] ^= 1 << bit;
        prop_assert!(!findings(&other).is_empty(), "byte {} bit {}", at, bit);
    }

    #[test]
    fn whatever_comes_after_the_seal_is_noticed(more in prop::collection::vec(any::<u8>(), 1..400)) {
        let longer = [sealed(), more.as_slice()].concat();
        prop_assert!(!findings(&longer).is_empty());
    }

    #[test]
    fn whatever_is_cut_off_or_put_in_between_is_noticed(at in any::<prop::sample::Index>(), more in prop::collection::vec(any::<u8>(), 0..40)) {
        let at = at.index(sealed().len());
        let (before, after) = sealed().split_at(at);
        let shorter = [before, more.as_slice()].concat();
        prop_assert!(!findings(&shorter).is_empty());
        if !more.is_empty() {
            prop_assert!(!findings(&[before, more.as_slice(), after].concat()).is_empty());
        }
    }
}

#[test]
fn a_later_revision_is_noticed() {
    let mut longer = sealed().to_vec();
    longer.extend(b"\n% nothing\n");
    assert!(findings(&longer).contains(&Finding::LaterRevision));
    let twice = seal().seal(sealed(), &facts());
    // A second seal covers the first: the form's list of fields then names only the second.
    assert!(twice.is_ok());
    let document = lopdf::Document::load_mem(sealed()).unwrap();
    let mut update = lopdf::IncrementalDocument::create_from(sealed().to_vec(), document);
    update.new_document.add_object(lopdf::Object::Integer(1));
    let mut revised = Vec::new();
    update.save_to(&mut revised).unwrap();
    assert!(findings(&revised).contains(&Finding::LaterRevision));
}

#[test]
fn another_key_is_not_trusted_and_no_seal_is_said() {
    let (key, chain) = demo::key_and_chain().unwrap();
    let theirs = Seal::from_pem(&key, &chain).unwrap().seal(&set(&sample(Sheet::Agreement)), &facts()).unwrap();
    assert_eq!(findings(&theirs), [Finding::NotTrusted]);
    assert_eq!(findings(&set(&sample(Sheet::Agreement))), [Finding::NotSealed]);
    assert_eq!(findings(b"hello"), [Finding::NotPdf]);
}

#[test]
fn a_certificate_that_ran_out_is_not_trusted() {
    let late = certificates::moment(2_600_000_000).unwrap();
    assert_eq!(check(sealed(), seal().chain(), late).findings, [Finding::NotTrusted]);
}
