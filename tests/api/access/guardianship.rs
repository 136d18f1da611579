use actix_web::http::Method;

use super::{Prepared, Role::*, Row, Scene};
use crate::api::guardianship::{handwriting, party_of, village_of};

const VILLAGE_STAFF: &[super::Role] = &[Director, Cadre];
const OFFICES: &[super::Role] = &[Supervisor, Director, Cadre];
/// The offices, and those who are named on the agreement.
const OFFICES_AND_PARTIES: &[super::Role] = &[Supervisor, Director, Cadre, Father, Grandmother];
const EVERYBODYS_LIST: &[super::Role] = super::EVERYONE;

const TERMS: &str = r#"{"term_from": "2026-03-10", "term_until": "2026-12-31", "reason": "外出务工"}"#;
const DECLARATION: &str = r#"{
    "bars": {"harmed_someone": false, "addiction": false, "neglected_care": false, "otherwise_unfit": false},
    "checked_how": "走访", "considerations": {"character": "好", "family": "好", "body_and_mind": "好", "bond": "好"},
    "childs_voice": {"heard": "not_able", "reason": "年幼"}}"#;

pub fn rows() -> Vec<Row> {
    let put = |operation, path, may| Row::new(operation, Method::PUT, path, may);
    let post = |operation, path, may| Row::new(operation, Method::POST, path, may);
    let get = |operation, path, may| Row::new(operation, Method::GET, path, may);
    vec![
        get("get_capacity_questionnaire", "/capacity-questionnaire", &[Supervisor, Director, DirectorB, Cadre]),
        get("list_capacity_assessments", "/children/{child}/capacity-assessments", OFFICES),
        post("assess_carer", "/children/{child}/capacity-assessments", VILLAGE_STAFF)
            .body(r#"{"carer_id": {grandmother}, "answers": {}, "conclusion": "fit"}"#),
        post("draft_agreement", "/agreements", OFFICES).body(
            r#"{"child_id": {child}, "kind": "grandparent", "carer": {"person_id": {grandmother}},
                "terms": {"term_from": "2026-03-10", "term_until": "2026-12-31", "reason": "外出务工"}}"#,
        ),
        put("change_draft", "/agreements/{agreement}/terms", OFFICES)
            .body(TERMS)
            .headers(&[("if-match", "\"1\"")])
            .scene(DRAFTED),
        put("declare_bars", "/agreements/{agreement}/declaration", OFFICES).body(DECLARATION).scene(DRAFTED),
        put("decide_consent", "/agreements/{agreement}/consent", &[Director]).body(r#"{"granted": true}"#).scene(DRAFTED),
        put("send_for_signing", "/agreements/{agreement}/sending", OFFICES).body("{}").scene(DRAFTED),
        put("take_agreement_back", "/agreements/{agreement}/taking-back", OFFICES).body("{}").scene(DRAFTED),
        get("list_agreements", "/agreements", EVERYBODYS_LIST),
        get("get_agreement", "/agreements/{agreement}", OFFICES_AND_PARTIES).scene(SENT),
        get("get_agreement_document", "/agreements/{agreement}/document", OFFICES_AND_PARTIES).scene(SENT),
        get("get_evidence", "/agreements/{agreement}/evidence", OFFICES_AND_PARTIES).scene(SENT),
        get("verify_evidence", "/agreements/{agreement}/evidence/verification", OFFICES_AND_PARTIES).scene(SENT),
        get("get_signature_picture", "/agreements/{agreement}/signatures/{party}/picture", OFFICES_AND_PARTIES)
            .scene(SIGNED),
        post("request_signing_code", "/agreements/{agreement}/signing-codes", &[Director, Cadre, Father, Grandmother])
            .body(r#"{"party_id": {party}}"#)
            .scene(SENT),
        post("open_signing_turn", "/agreements/{agreement}/signing-turns", VILLAGE_STAFF)
            .body(r#"{"party_id": {party}, "device": "手机"}"#)
            .scene(SENT),
        Row::new(
            "close_signing_turn",
            Method::DELETE,
            "/agreements/{agreement}/signing-turns/{turn}",
            &[Director],
        )
        .scene(TURN),
        put("sign_agreement", "/agreements/{agreement}/signatures/{party}", &[Director, Cadre, Father, Grandmother])
            .body(
                r#"{"document_hash": "0000000000000000000000000000000000000000000000000000000000000000",
                "reading": "read", "device": {"clock_ms": 1772413200000, "name": "手机"}, "handwriting": {handwriting}}"#,
            )
            .scene(SENT),
        put("refuse_to_sign", "/agreements/{agreement}/refusals/{party}", &[Director, Cadre, Father, Grandmother])
            .body(r#"{"reason": "不愿意"}"#)
            .scene(SENT),
        post("amend_agreement", "/agreements/{agreement}/amendments", OFFICES).body(TERMS).scene(IN_FORCE),
        post("renew_agreement", "/agreements/{agreement}/renewals", OFFICES)
            .body(r#"{"term_from": "2027-03-10", "term_until": "2027-12-31"}"#)
            .scene(IN_FORCE),
        put("end_agreement", "/agreements/{agreement}/ending", &[Supervisor, Director])
            .body(r#"{"reason": "placed"}"#)
            .scene(IN_FORCE),
        put("end_agreement", "/agreements/{agreement}/ending", &[Supervisor, Director, Father])
            .body(r#"{"reason": "parents_withdrew"}"#)
            .scene(IN_FORCE),
        put("record_hand_over", "/agreements/{agreement}/hand-over", VILLAGE_STAFF)
            .body(r#"{"received_by": "母亲"}"#)
            .scene(ENDED),
        get("list_payments", "/agreements/{agreement}/payments", OFFICES_AND_PARTIES).scene(IN_FORCE),
        post("record_payment", "/agreements/{agreement}/payments", &[Supervisor, Director, Father])
            .body(r#"{"period_from": "2026-03-10", "paid_on": "2026-03-02"}"#)
            .scene(IN_FORCE),
        get("list_care_notices", "/care-notices", &[Supervisor, Director, DirectorB, SchoolHead]),
        get("get_care_notice", "/care-notices/{notice}", &[Supervisor, SchoolHead]).scene(IN_FORCE),
        put("acknowledge_care_notice", "/care-notices/{notice}/acknowledgement", &[SchoolHead])
            .scene(IN_FORCE),
        get("get_agreement_paper", "/agreements/{agreement}/document.pdf", OFFICES_AND_PARTIES).scene(SENT),
        get("get_evidence_bundle", "/agreements/{agreement}/evidence-bundle", OFFICES_AND_PARTIES).scene(SENT),
        put("put_paper_original", "/agreements/{agreement}/paper-original", VILLAGE_STAFF)
            .body("scan")
            .headers(&[("content-type", "application/octet-stream")])
            .scene(SENT),
        get("get_paper_original", "/agreements/{agreement}/paper-original", OFFICES_AND_PARTIES).scene(WITH_ORIGINAL),
        get("get_notice_paper", "/care-notices/{notice}/notice.pdf", &[Supervisor, SchoolHead]).scene(IN_FORCE),
        get("get_assessment_paper", "/capacity-assessments/{assessment}/assessment.pdf", OFFICES).scene(ASSESSED),
        get("get_hand_over_paper", "/agreements/{agreement}/hand-over.pdf", OFFICES_AND_PARTIES).scene(SENT),
        get("check_agreement", "/public/agreement-checks/{number}/{short}", super::EVERYONE).scene(SENT).public(),
        post("check_document", "/public/document-checks", super::EVERYONE)
            .body("file")
            .headers(&[("content-type", "application/octet-stream")])
            .public(),
        get("list_guardianship_gaps", "/guardianship-gaps", &[Supervisor, Director, DirectorB, Cadre]),
        get("get_cover", "/children/{child}/cover", OFFICES),
    ]
}

fn named(agreement: &serde_json::Value, party: i64) -> Prepared {
    vec![
        ("{agreement}", agreement["id"].to_string()),
        ("{number}", agreement["number"].as_str().unwrap_or_default().to_owned()),
        ("{short}", agreement["short_hash"].as_str().unwrap_or_default().to_owned()),
        ("{party}", party.to_string()),
        ("{handwriting}", handwriting(1).to_string()),
    ]
}

const DRAFTED: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.draft("grandparent", c.grandmother).await;
        vec![("{agreement}", agreement["id"].to_string())]
    })
};

const SENT: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.sent("grandparent", c.grandmother).await;
        named(&agreement, party_of(&agreement, "carer", None))
    })
};

const ASSESSED: Scene = |t, c| {
    Box::pin(async move {
        let made = village_of(t, c).assess(c.grandmother, "fit", None).await.expect(201);
        vec![("{assessment}", made["id"].to_string())]
    })
};

/// An agreement with a scan, put where uploads put it.
const WITH_ORIGINAL: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.sent("grandparent", c.grandmother).await;
        v.keep_scan(&agreement, b"scan");
        named(&agreement, party_of(&agreement, "carer", None))
    })
};

const SIGNED: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.sent("grandparent", c.grandmother).await;
        v.sign(c.father, &agreement, "parent").await;
        named(&agreement, party_of(&agreement, "parent", Some(c.father)))
    })
};

const TURN: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.sent("grandparent", c.grandmother).await;
        let party = party_of(&agreement, "carer", None);
        let turn = v.turn(&agreement, party).await.expect(201);
        let mut prepared = named(&agreement, party);
        prepared.push(("{turn}", turn["id"].to_string()));
        prepared
    })
};

const IN_FORCE: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.in_force().await;
        let list = t.get(&t.as_person(c.school_head), "/care-notices").await.expect(200);
        vec![("{agreement}", agreement["id"].to_string()), ("{notice}", list["items"][0]["id"].to_string())]
    })
};

const ENDED: Scene = |t, c| {
    Box::pin(async move {
        let v = village_of(t, c);
        let agreement = v.in_force().await;
        let place = format!("/agreements/{}/ending", agreement["id"]);
        t.put(&t.as_person(c.director), &place, serde_json::json!({"reason": "carer_withdrew"})).await.expect(200);
        vec![("{agreement}", agreement["id"].to_string())]
    })
};
