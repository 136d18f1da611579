use diesel::prelude::*;
use futures::future::join_all;
use serde_json::{Value, json};
use xiangban::duties::DutyKind;
use xiangban::storage::schema::{agreement_parties, agreements, child_ties, evidence_events, messages, signatures};

use super::{Village, codes, in_person, party_of, path, people, signature, signing, terms, village};
use crate::on_both;

fn signed_parties(v: &Village, agreement: &Value) -> i64 {
    let id = agreement["id"].as_i64().unwrap();
    v.t.app
        .store
        .read(|conn| Ok(signatures::table.filter(signatures::agreement_id.eq(id)).count().get_result(conn)?))
        .unwrap()
}

fn events(v: &Village, agreement: &Value, kind: &str) -> i64 {
    let id = agreement["id"].as_i64().unwrap();
    v.t.app
        .store
        .read(|conn| {
            Ok(evidence_events::table
                .filter(evidence_events::agreement_id.eq(id))
                .filter(evidence_events::kind.eq(kind))
                .count()
                .get_result(conn)?)
        })
        .unwrap()
}

fn errors(reply: &crate::support::Reply) -> Vec<&str> {
    codes(&reply.body["errors"])
}

on_both! {
    async fn the_story_of_an_agreement_signed_by_everyone(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        assert_eq!(agreement["state"], "awaiting_signatures");
        assert_eq!(agreement["document_hash"].as_str().unwrap().len(), 64);
        assert_eq!(agreement["parties"].as_array().unwrap().len(), 5);
        let owed = v.owed(DutyKind::SignAgreement);
        assert_eq!(owed.len(), 5);
        assert!(owed.contains(&"post:village_director".to_owned()), "the child's signature is the village's to host");
        v.assert_reconciled();
        let document = v.t.get(&v.t.as_person(v.c.father), &path(&agreement, "document")).await.expect(200);
        let text = document["text"].as_str().unwrap();
        assert!(text.starts_with("委托照护协议\n") && text.contains("王小雨") && text.contains("赵桂兰"));
        assert_eq!(document["hash"], agreement["document_hash"]);

        v.sign(v.c.father, &agreement, "parent").await;
        let after = v.sign(v.c.grandmother, &agreement, "carer").await;
        assert_eq!(codes(&after["missing"]), ["signature_missing"; 3]);
        v.sign_before_village(&agreement, party_of(&agreement, "child", None), None).await;
        v.sign(v.c.director, &agreement, "witness").await;
        assert_eq!(v.owed(DutyKind::SignAgreement), [format!("person:{}", v.c.mother)]);
        let signed = v.sign(v.c.mother, &agreement, "parent").await;
        assert_eq!(signed["state"], "in_force");
        assert_eq!(v.owed(DutyKind::SignAgreement), [""; 0]);
        assert_eq!(events(&v, &agreement, "in_force"), 1);
        v.assert_reconciled();

        assert_eq!(v.owed(DutyKind::RenewAgreement), people(&[v.c.father, v.c.mother, v.c.grandmother]));
        assert_eq!(v.owed(DutyKind::AcknowledgeNotice), [format!("organisation:{}", v.c.school), "post:village_director".into()]);
        let ties: i64 = v.t.app.store.read(|conn| {
            Ok(child_ties::table.filter(child_ties::kind.eq("carer")).filter(child_ties::person_id.eq(v.c.grandmother))
                .filter(child_ties::until.is_null()).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(ties, 1, "the carer sees the child from now on");
        let told: Vec<String> = v.t.app.store.read(|conn| {
            Ok(messages::table.filter(messages::template.eq("notice/agreement_in_force")).select(messages::occasion_key).load(conn)?)
        }).unwrap();
        assert_eq!(told.len(), 3);
    }

    async fn nobody_signs_without_their_own_code(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let father = v.t.as_person(v.c.father);
        let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, None, 1)).await;
        assert_eq!((reply.problem(422), errors(&reply)), ("signature_refused", vec!["code_missing"]));
        let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some("000000"), 1)).await;
        assert_eq!(reply.problem(422), "code_wrong");
        assert_eq!(signed_parties(&v, &agreement), 0);
    }

    async fn a_code_serves_its_signer_its_agreement_and_its_text_only(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let (his, hers) = (party_of(&agreement, "parent", Some(v.c.father)), party_of(&agreement, "parent", Some(v.c.mother)));
        let his_code = v.code(v.c.father, &agreement, his).await;
        let mother = v.t.as_person(v.c.mother);
        // His code does not sign for her, not even when both share a number.
        v.new_phone(v.c.mother, "13900000009");
        let reply = v.t.put(&mother, &signing(&agreement, hers), signature(&agreement, Some(&his_code), 2)).await;
        assert_eq!(reply.problem(422), "code_wrong");
        // Nor does he sign for her.
        let father = v.t.as_person(v.c.father);
        let reply = v.t.put(&father, &signing(&agreement, hers), signature(&agreement, Some(&his_code), 2)).await;
        assert_eq!(errors(&reply), ["not_this_party"]);
        let asked = v.t.post(&father, &path(&agreement, "signing-codes"), json!({"party_id": hers})).await;
        assert_eq!(errors(&asked), ["not_this_party"]);
        // A code for one agreement does not open another.
        let other = v.sent("friend", v.c.volunteer).await;
        let there = party_of(&other, "parent", Some(v.c.father));
        let reply = v.t.put(&father, &signing(&other, there), signature(&other, Some(&his_code), 1)).await;
        assert_eq!(reply.problem(422), "code_wrong");
        // And it still serves where it belongs, once.
        v.t.put(&father, &signing(&agreement, his), signature(&agreement, Some(&his_code), 1)).await.expect(200);
        assert_eq!(signed_parties(&v, &agreement), 1);
    }

    async fn five_wrong_attempts_spend_a_code_and_leave_a_trace(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let father = v.t.as_person(v.c.father);
        let code = v.code(v.c.father, &agreement, party).await;
        let wrong = if code == "111111" { "222222" } else { "111111" };
        for _ in 0..5 {
            let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some(wrong), 1)).await;
            assert_eq!(reply.problem(422), "code_wrong");
        }
        let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some(&code), 1)).await;
        assert_eq!(reply.problem(422), "code_wrong", "the right one comes too late");
        assert_eq!(events(&v, &agreement, "code_wrong"), 6);
        v.t.pass_minutes(2);
        v.sign(v.c.father, &agreement, "parent").await;
        assert_eq!(signed_parties(&v, &agreement), 1);
    }

    async fn a_code_is_over_after_five_minutes(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let code = v.code(v.c.father, &agreement, party).await;
        v.t.pass_minutes(5);
        let father = v.t.as_person(v.c.father);
        let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some(&code), 1)).await;
        assert_eq!(reply.problem(422), "code_wrong");
    }

    async fn a_signature_sent_twice_counts_once_and_another_hand_is_not_taken(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let father = v.t.as_person(v.c.father);
        let code = v.code(v.c.father, &agreement, party).await;
        let body = signature(&agreement, Some(&code), 1);
        v.t.put(&father, &signing(&agreement, party), body.clone()).await.expect(200);
        v.t.put(&father, &signing(&agreement, party), body).await.expect(200);
        assert_eq!((signed_parties(&v, &agreement), events(&v, &agreement, "signed")), (1, 1));
        let reply = v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some(&code), 2)).await;
        assert_eq!((reply.problem(409), errors(&reply)), ("agreement_state", vec!["already_signed"]));
    }

    async fn a_changed_text_is_not_signed_with_the_old_hash(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let mut body = signature(&agreement, Some("123456"), 1);
        body["document_hash"] = json!("0".repeat(64));
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let reply = v.t.put(&v.t.as_person(v.c.father), &signing(&agreement, party), body).await;
        assert_eq!((reply.problem(409), errors(&reply)), ("agreement_state", vec!["document_changed"]));
        // The amended version has another hash, and the old one cannot be signed any more.
        let mut changed = terms("2026-03-10", "2026-12-31");
        changed["daily"] = json!("周末去外婆家");
        let next = v.t.post(&v.director(), &path(&agreement, "amendments"), changed).await.expect(201);
        assert_eq!((&next["revision"], &next["state"]), (&json!(2), &json!("assessed")));
        let next = v.t.put(&v.director(), &path(&next, "sending"), json!({})).await.expect(200);
        assert_ne!(next["document_hash"], agreement["document_hash"]);
        let asked = v.t.post(&v.t.as_person(v.c.father), &path(&agreement, "signing-codes"), json!({"party_id": party})).await;
        assert_eq!(asked.problem(409), "agreement_state");
        v.assert_reconciled();
    }

    async fn an_empty_pad_is_no_signature_and_does_not_spend_the_code(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let father = v.t.as_person(v.c.father);
        let code = v.code(v.c.father, &agreement, party).await;
        let mut body = signature(&agreement, Some(&code), 1);
        body["handwriting"]["strokes"] = json!([]);
        let reply = v.t.put(&father, &signing(&agreement, party), body).await;
        assert_eq!(errors(&reply), ["strokes_missing"]);
        v.t.put(&father, &signing(&agreement, party), signature(&agreement, Some(&code), 1)).await.expect(200);
    }

    async fn a_grandmother_without_phone_signs_on_the_directors_phone_after_hearing_the_text(t: TestApp) {
        let v = village(&t);
        v.without_phone(v.c.grandmother);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "carer", None);
        let place = signing(&agreement, party);
        let reply = v.t.put(&v.director(), &place, in_person(&agreement, None, 3)).await;
        assert_eq!(errors(&reply), ["host_missing"], "no turn was opened");
        v.turn(&agreement, party).await.expect(201);
        let mut silent = in_person(&agreement, None, 3);
        silent["reading"] = json!("read");
        assert_eq!(errors(&v.t.put(&v.director(), &place, silent).await), ["not_read_aloud"]);
        v.t.put(&v.director(), &place, in_person(&agreement, None, 3)).await.expect(200);
        let (host, reading): (Option<i64>, String) = v.t.app.store.read(|conn| {
            Ok(signatures::table.filter(signatures::party_id.eq(party)).select((signatures::host_id, signatures::reading)).first(conn)?)
        }).unwrap();
        assert_eq!((host, reading.as_str()), (Some(v.c.director), "read_aloud"));
    }

    async fn the_phone_goes_from_hand_to_hand_and_the_time_between_is_kept(t: TestApp) {
        let v = village(&t);
        v.without_phone(v.c.grandmother);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let (carer, child) = (party_of(&agreement, "carer", None), party_of(&agreement, "child", None));
        let turn = v.turn(&agreement, carer).await.expect(201);
        assert_eq!(turn["seconds_since_previous"], json!(null));
        assert_eq!(v.turn(&agreement, child).await.problem(409), "turn_open", "one signer at a time");
        let reply = v.t.put(&v.director(), &signing(&agreement, child), in_person(&agreement, None, 4)).await;
        assert_eq!(errors(&reply), ["host_missing"], "the child has not got the phone");
        v.t.put(&v.director(), &signing(&agreement, carer), in_person(&agreement, None, 3)).await.expect(200);
        v.t.pass_minutes(2);
        let turn = v.turn(&agreement, child).await.expect(201);
        assert_eq!(turn["seconds_since_previous"], 120);
        v.t.delete(&v.director(), &path(&agreement, &format!("signing-turns/{}", turn["id"]))).await;
        let reply = v.t.put(&v.director(), &signing(&agreement, child), in_person(&agreement, None, 4)).await;
        assert_eq!(errors(&reply), ["host_missing"], "the phone was taken back");
    }

    async fn a_host_asks_for_the_code_of_somebody_who_is_there_or_says_why_not(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "carer", None);
        let place = signing(&agreement, party);
        let asked = v.t.post(&v.director(), &path(&agreement, "signing-codes"), json!({"party_id": party})).await;
        assert_eq!(errors(&asked), ["not_this_party"], "only with the phone in the signer's hand");
        v.turn(&agreement, party).await.expect(201);
        assert_eq!(errors(&v.t.put(&v.director(), &place, in_person(&agreement, None, 3)).await), ["phone_needs_own_code"]);
        let code = v.code(v.c.director, &agreement, party).await;
        v.t.put(&v.director(), &place, in_person(&agreement, Some(&code), 3)).await.expect(200);
        let mother = party_of(&agreement, "parent", Some(v.c.mother));
        v.turn(&agreement, mother).await.expect(201);
        let mut vouched = in_person(&agreement, None, 5);
        vouched["vouched_because"] = json!("手机没电");
        v.t.put(&v.director(), &signing(&agreement, mother), vouched).await.expect(200);
    }

    async fn another_villages_director_cannot_host_and_a_party_cannot_host_itself(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let turn = |party: i64| json!({"party_id": party, "device": "手机"});
        let turns = path(&agreement, "signing-turns");
        let child = party_of(&agreement, "child", None);
        assert_eq!(v.t.post(&v.t.as_person(v.c.director_b), &turns, turn(child)).await.problem(404), "not_found");
        assert_eq!(v.t.post(&v.t.as_person(v.c.father), &turns, turn(child)).await.problem(403), "forbidden");
        let witness = party_of(&agreement, "witness", None);
        assert_eq!(errors(&v.t.post(&v.director(), &turns, turn(witness)).await), ["host_is_party"]);
    }

    async fn a_friend_signs_before_the_village_and_not_at_home(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("friend", v.c.volunteer).await;
        assert_eq!(v.owed(DutyKind::ConsentOrHost), ["post:village_director"], "the signing is to be hosted");
        let party = party_of(&agreement, "carer", None);
        let code = v.code(v.c.volunteer, &agreement, party).await;
        let friend = v.t.as_person(v.c.volunteer);
        let reply = v.t.put(&friend, &signing(&agreement, party), signature(&agreement, Some(&code), 1)).await;
        assert_eq!(errors(&reply), ["must_sign_before_host"]);
        v.sign_before_village(&agreement, party, Some(&code)).await;
        assert_eq!(v.owed(DutyKind::ConsentOrHost), [""; 0]);
        v.assert_reconciled();
    }

    async fn a_refusal_ends_it_and_nobody_is_asked_any_more(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        v.sign(v.c.father, &agreement, "parent").await;
        let party = party_of(&agreement, "parent", Some(v.c.mother));
        let place = path(&agreement, &format!("refusals/{party}"));
        let body = json!({"reason": "想自己回来带孩子"});
        assert_eq!(errors(&v.t.put(&v.t.as_person(v.c.father), &place, body.clone()).await), ["not_this_party"]);
        let refused = v.t.put(&v.t.as_person(v.c.mother), &place, body).await.expect(200);
        assert_eq!((&refused["state"], &refused["end_reason"]), (&json!("declined"), &json!("party_refused")));
        assert_eq!(v.owed(DutyKind::SignAgreement), [""; 0]);
        v.assert_reconciled();
        let late = v.t.put(&v.t.as_person(v.c.grandmother), &signing(&agreement, party_of(&agreement, "carer", None)),
            signature(&agreement, Some("123456"), 1)).await;
        assert_eq!(late.status, 409);
    }

    async fn everybody_at_the_same_moment_all_count_and_it_comes_in_force_once(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        v.sign_before_village(&agreement, party_of(&agreement, "child", None), None).await;
        let people = [(v.c.father, "parent"), (v.c.mother, "parent"), (v.c.grandmother, "carer"), (v.c.director, "witness")];
        let mut ready = Vec::new();
        for (person, role) in people {
            let party = party_of(&agreement, role, Some(person));
            let code = v.code(person, &agreement, party).await;
            ready.push((v.t.as_person(person), signing(&agreement, party), signature(&agreement, Some(&code), person)));
        }
        // Each of them taps three times.
        let taps = ready.iter().flat_map(|one| [one, one, one]);
        let replies = join_all(taps.map(|(caller, place, body)| v.t.put(caller, place, body.clone()))).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{:?}", replies.iter().map(|r| r.status).collect::<Vec<_>>());
        assert_eq!((signed_parties(&v, &agreement), events(&v, &agreement, "signed"), events(&v, &agreement, "in_force")), (5, 5, 1));
        let id = agreement["id"].as_i64().unwrap();
        let (state, unsigned): (String, i64) = v.t.app.store.read(|conn| {
            let state = agreements::table.find(id).select(agreements::state).first(conn)?;
            let unsigned = agreement_parties::table.filter(agreement_parties::agreement_id.eq(id))
                .filter(agreement_parties::signed_at.is_null()).count().get_result(conn)?;
            Ok((state, unsigned))
        }).unwrap();
        assert_eq!((state.as_str(), unsigned), ("in_force", 0));
        let verified = v.t.get(&v.director(), &path(&agreement, "evidence/verification")).await.expect(200);
        assert_eq!(verified["holds"], true, "{verified}");
        v.assert_reconciled();
    }

    async fn a_code_tried_at_the_same_moment_by_many_signs_once(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        let party = party_of(&agreement, "parent", Some(v.c.father));
        let code = v.code(v.c.father, &agreement, party).await;
        let father = v.t.as_person(v.c.father);
        let place = signing(&agreement, party);
        // Different hands with one code: one is taken.
        let replies = join_all((0..6).map(|seed| v.t.put(&father, &place, signature(&agreement, Some(&code), seed)))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
        assert_eq!(signed_parties(&v, &agreement), 1);
    }

    async fn a_signing_nobody_finishes_lapses(t: TestApp) {
        let v = village(&t);
        let agreement = v.sent("grandparent", v.c.grandmother).await;
        v.t.pass_days(59);
        assert_eq!(v.watch().lapsed, 0);
        v.t.pass_days(1);
        assert_eq!(v.watch().lapsed, 1);
        assert_eq!(v.watch().lapsed, 0);
        let now = v.t.get(&v.director(), &format!("/agreements/{}", agreement["id"])).await.expect(200);
        assert_eq!((&now["state"], &now["end_reason"]), (&json!("lapsed"), &json!("nobody_went_on")));
        v.assert_reconciled();
    }
}
