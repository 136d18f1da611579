use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::crypto::Purpose;
use xiangban::guardianship::evidence::{Event, Head, verify};
use xiangban::storage::schema::{agreement_documents, agreements, evidence_events};

use super::{Village, party_of, path, village};
use crate::on_both;

async fn faults(v: &Village<'_>, agreement: &Value) -> Vec<String> {
    let found = v.t.get(&v.director(), &path(agreement, "evidence/verification")).await.expect(200);
    assert_eq!(found["holds"].as_bool().unwrap(), found["findings"].as_array().unwrap().is_empty());
    let findings = found["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["fault"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn the_chain_of_a_signed_agreement_holds_and_can_be_checked_by_others(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        assert_eq!(faults(&v, &agreement).await, [""; 0]);
        let shown = v.t.get(&v.t.as_person(v.c.father), &path(&agreement, "evidence")).await.expect(200);
        let events: Vec<Event> = serde_json::from_value(shown["events"].clone()).unwrap();
        let head: Head = serde_json::from_value(shown["head"].clone()).unwrap();
        assert_eq!(verify(agreement["id"].as_i64().unwrap(), &events, &head), vec![]);
        let kinds: Vec<_> = shown["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "signed").count(), 5);
        assert!(!shown.to_string().contains("13900000"), "no number stands open in the evidence");
    }

    async fn whatever_is_changed_in_the_database_is_noticed(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let id = agreement["id"].as_i64().unwrap();
        let store = &v.t.app.store;
        let of = |seq: i64| evidence_events::table.filter(evidence_events::agreement_id.eq(id)).filter(evidence_events::seq.eq(seq));

        let later = v.t.now().plus_seconds(1);
        let at: xiangban::clock::Instant = store.read(|conn| Ok(of(5).select(evidence_events::at).first(conn)?)).unwrap();
        store.write(|tx| { diesel::update(of(5)).set(evidence_events::at.eq(later)).execute(tx)?; Ok(()) }).unwrap();
        assert_eq!(faults(&v, &agreement).await, ["altered"]);
        store.write(|tx| { diesel::update(of(5)).set(evidence_events::at.eq(at)).execute(tx)?; Ok(()) }).unwrap();
        assert_eq!(faults(&v, &agreement).await, [""; 0]);

        let document: String = store.read(|conn| Ok(agreement_documents::table.find(id).select(agreement_documents::text_sealed).first(conn)?)).unwrap();
        let text = v.t.app.vault.open(Purpose::Signature, &document).unwrap();
        let forged = v.t.app.vault.seal(Purpose::Signature, &text.replace("叁佰元", "叁仟元")).unwrap();
        store.write(|tx| {
            diesel::update(agreement_documents::table.find(id)).set(agreement_documents::text_sealed.eq(&forged)).execute(tx)?;
            Ok(())
        }).unwrap();
        assert_eq!(faults(&v, &agreement).await, ["document_altered"]);
        store.write(|tx| {
            diesel::update(agreement_documents::table.find(id)).set(agreement_documents::text_sealed.eq(&document)).execute(tx)?;
            Ok(())
        }).unwrap();

        let count: i64 = store.read(|conn| Ok(agreements::table.find(id).select(agreements::evidence_count).first(conn)?)).unwrap();
        store.write(|tx| { diesel::delete(of(count)).execute(tx)?; Ok(()) }).unwrap();
        assert_eq!(faults(&v, &agreement).await, ["head_differs"]);
        store.write(|tx| { diesel::delete(of(3)).execute(tx)?; Ok(()) }).unwrap();
        assert!(faults(&v, &agreement).await.contains(&"out_of_order".to_owned()));
    }

    async fn school_and_village_acknowledge_their_notices(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let head = v.t.as_person(v.c.school_head);
        let list = v.t.get(&head, "/care-notices?open=true").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let place = format!("/care-notices/{}", list["items"][0]["id"]);
        let notice = v.t.get(&head, &place).await.expect(200);
        assert!(notice["text"].as_str().unwrap().contains("石桥镇中心小学：") && notice["text"].as_str().unwrap().contains("赵桂兰"));
        assert_eq!(v.t.get(&v.t.as_person(v.c.director_b), &place).await.problem(404), "not_found");
        v.t.put(&head, &format!("{place}/acknowledgement"), json!({})).await.expect(200);
        assert_eq!(v.t.put(&head, &format!("{place}/acknowledgement"), json!({})).await.problem(409), "conflict");
        assert_eq!(v.owed(xiangban::duties::DutyKind::AcknowledgeNotice), ["post:village_director"]);
        let ours = v.t.get(&v.director(), "/care-notices?open=true").await.expect(200);
        let village = ours["items"].as_array().unwrap().iter().find(|item| item["addressee"] == "village").unwrap();
        v.t.put(&v.director(), &format!("/care-notices/{}/acknowledgement", village["id"]), json!({})).await.expect(200);
        v.assert_reconciled();
        assert_eq!(faults(&v, &agreement).await, [""; 0]);
    }

    async fn a_signature_can_be_looked_at_by_the_parties_only(t: TestApp) {
        let v = village(&t);
        let agreement = v.in_force().await;
        let place = path(&agreement, &format!("signatures/{}/picture", party_of(&agreement, "carer", None)));
        let shown = v.t.get(&v.t.as_person(v.c.mother), &place).await;
        assert_eq!((shown.status, shown.content_type.as_str()), (200, "image/svg+xml"));
        assert_eq!(v.t.get(&v.t.as_person(v.c.director_b), &place).await.status, 404);
        assert_eq!(v.t.get(&v.t.as_person(v.c.volunteer), &place).await.status, 404);
    }
}
