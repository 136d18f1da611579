//! Entrusted care, from the draft to the hand-over.

#[cfg(feature = "documents")]
mod agility;
mod drafting;
mod ending;
mod evidence;
mod gaps;
pub mod papers;
mod paying;
mod signing;

use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::children::tie_organisation;
use xiangban::crypto::Purpose;
use xiangban::duties::DutyKind;
use xiangban::identity::{PhoneState, TieKind, change_phone};
use xiangban::storage::schema::{self, duties, messages};

use crate::support::{Caller, County, Reply, TestApp};

/// A village with a family whose child is to be entrusted.
pub struct Village<'a> {
    pub t: &'a TestApp,
    pub c: County,
}

pub fn village(t: &TestApp) -> Village<'_> {
    village_of(t, &t.county())
}

/// The village of a county that is there already.
pub fn village_of<'a>(t: &'a TestApp, c: &County) -> Village<'a> {
    let now = t.now();
    let (child, school) = (c.child, c.school);
    t.app.store.write(|tx| tie_organisation(tx, now, child, TieKind::School, Some(school))).unwrap();
    Village { t, c: c.clone() }
}

pub fn declaration() -> Value {
    json!({
        "bars": {"harmed_someone": false, "addiction": false, "neglected_care": false, "otherwise_unfit": false},
        "checked_how": "走访邻居并向派出所核实",
        "considerations": {"character": "为人本分", "family": "家庭和睦", "body_and_mind": "身体健康", "bond": "孩子从小由其带大"},
        "childs_voice": {"heard": "heard", "wish": "agrees", "words": "愿意跟奶奶住"}
    })
}

pub fn terms(from: &str, until: &str) -> Value {
    json!({
        "term_from": from, "term_until": until, "reason": "外出务工", "relation": "奶奶",
        "living_costs": {"amount_fen": 80_000, "day": 5},
        "remuneration": {"amount_fen": 30_000, "period": "month", "payer": "parents"}
    })
}

/// Strokes that look like a name; another seed, another hand.
pub fn handwriting(seed: i64) -> Value {
    let stroke = |start: i64, x: i64| {
        (0..8).map(|i| json!({"x": x + i * 20 + seed % 7, "y": 40 + i * 12, "t": start + i * 40})).collect::<Vec<_>>()
    };
    json!({"width": 600, "height": 300, "strokes": [stroke(0, 40), stroke(500, 300)]})
}

pub fn signature(agreement: &Value, code: Option<&str>, seed: i64) -> Value {
    json!({
        "document_hash": agreement["document_hash"], "code": code, "reading": "read",
        "device": {"clock_ms": 1_772_413_200_000_i64, "name": "HUAWEI nova 5"}, "handwriting": handwriting(seed)
    })
}

pub fn in_person(agreement: &Value, code: Option<&str>, seed: i64) -> Value {
    let mut body = signature(agreement, code, seed);
    body["in_person"] = json!(true);
    body["reading"] = json!("read_aloud");
    body
}

impl Village<'_> {
    pub fn director(&self) -> Caller {
        self.t.as_person(self.c.director)
    }

    pub async fn draft(&self, kind: &str, carer: i64) -> Value {
        let body = json!({
            "child_id": self.c.child, "kind": kind, "carer": {"person_id": carer},
            "terms": terms("2026-03-10", "2027-03-09")
        });
        self.t.post(&self.director(), "/agreements", body).await.expect(201)
    }

    pub async fn questions(&self) -> Vec<Value> {
        let found = self.t.get(&self.director(), "/capacity-questionnaire").await.expect(200);
        found["questions"].as_array().unwrap().clone()
    }

    pub async fn assess(&self, carer: i64, conclusion: &str, reason: Option<&str>) -> Reply {
        let answers: serde_json::Map<String, Value> = self
            .questions()
            .await
            .iter()
            .map(|question| (question["code"].as_str().unwrap().to_owned(), json!("yes")))
            .collect();
        let body = json!({"carer_id": carer, "answers": answers, "conclusion": conclusion, "reason": reason});
        self.t.post(&self.director(), &format!("/children/{}/capacity-assessments", self.c.child), body).await
    }

    /// A drafted, declared and assessed agreement of this kind.
    pub async fn assessed(&self, kind: &str, carer: i64) -> Value {
        let drafted = self.draft(kind, carer).await;
        self.assess(carer, "fit", None).await.expect(201);
        self.t.put(&self.director(), &path(&drafted, "declaration"), declaration()).await.expect(200)
    }

    /// An agreement of this kind that waits for signatures.
    pub async fn sent(&self, kind: &str, carer: i64) -> Value {
        let mut agreement = self.assessed(kind, carer).await;
        if agreement["next"] == "consent" {
            agreement =
                self.t.put(&self.director(), &path(&agreement, "consent"), json!({"granted": true})).await.expect(200);
        }
        self.t.put(&self.director(), &path(&agreement, "sending"), json!({})).await.expect(200)
    }

    /// Asks for a code as `person` for a party, and reads it from the outbox.
    pub async fn code(&self, person: i64, agreement: &Value, party: i64) -> String {
        let asked =
            self.t.post(&self.t.as_person(person), &path(agreement, "signing-codes"), json!({"party_id": party})).await;
        asked.expect(201);
        self.last_code()
    }

    /// The code in the newest message with one.
    pub fn last_code(&self) -> String {
        let sealed: String = self
            .t
            .app
            .store
            .read(|conn| {
                Ok(messages::table
                    .filter(messages::template.eq("code/signing"))
                    .order(messages::id.desc())
                    .select(messages::data_sealed)
                    .first(conn)?)
            })
            .unwrap();
        let data: Value = serde_json::from_str(&self.t.app.vault.open(Purpose::Message, &sealed).unwrap()).unwrap();
        data["code"].as_str().unwrap().to_owned()
    }

    /// Signs on the own phone with a fresh code.
    pub async fn sign(&self, person: i64, agreement: &Value, role: &str) -> Value {
        let party = party_of(agreement, role, Some(person));
        let code = self.code(person, agreement, party).await;
        let body = signature(agreement, Some(&code), person);
        self.t.put(&self.t.as_person(person), &signing(agreement, party), body).await.expect(200)
    }

    /// Signs on the director's phone, in a turn.
    pub async fn sign_before_village(&self, agreement: &Value, party: i64, code: Option<&str>) -> Value {
        self.turn(agreement, party).await.expect(201);
        self.t.put(&self.director(), &signing(agreement, party), in_person(agreement, code, party)).await.expect(200)
    }

    pub async fn turn(&self, agreement: &Value, party: i64) -> Reply {
        let body = json!({"party_id": party, "device": "村委会手机"});
        self.t.post(&self.director(), &path(agreement, "signing-turns"), body).await
    }

    /// Everybody signs a grandmother's agreement; it is in force afterwards.
    pub async fn in_force(&self) -> Value {
        let agreement = self.sent("grandparent", self.c.grandmother).await;
        self.all_sign(&agreement).await
    }

    pub async fn all_sign(&self, agreement: &Value) -> Value {
        self.sign(self.c.father, agreement, "parent").await;
        self.sign(self.c.mother, agreement, "parent").await;
        self.sign(self.c.grandmother, agreement, "carer").await;
        self.sign_before_village(agreement, party_of(agreement, "child", None), None).await;
        self.sign(self.c.director, agreement, "witness").await
    }

    /// Takes somebody's phone away.
    pub fn without_phone(&self, person: i64) {
        self.t
            .app
            .store
            .write(|tx| {
                diesel::update(schema::people::table.find(person))
                    .set((
                        schema::people::phone_sealed.eq(None::<String>),
                        schema::people::phone_index.eq(None::<String>),
                    ))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
    }

    /// Puts a scan where an upload would.
    pub fn keep_scan(&self, agreement: &Value, bytes: &[u8]) {
        use base64::Engine as _;
        let (t, id) = (self.t, agreement["id"].as_i64().unwrap());
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let sealed = t.app.vault.seal(Purpose::Signature, &text).unwrap();
        t.app
            .store
            .write(|tx| {
                diesel::insert_into(schema::paper_originals::table)
                    .values((
                        schema::paper_originals::agreement_id.eq(id),
                        schema::paper_originals::document_hash.eq(agreement["document_hash"].as_str().unwrap()),
                        schema::paper_originals::media_type.eq("image/png"),
                        schema::paper_originals::scan_sealed.eq(&sealed),
                        schema::paper_originals::hash.eq(xiangban::crypto::sha256_hex(bytes)),
                        schema::paper_originals::hash_algorithm.eq("sha-256"),
                        schema::paper_originals::bytes.eq(4_i64),
                        schema::paper_originals::received_at.eq(t.now()),
                        schema::paper_originals::received_by.eq(self.c.director),
                    ))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
    }

    /// Gives a person somebody else's number.
    pub fn new_phone(&self, person: i64, number: &str) {
        let now = self.t.now();
        self.t
            .app
            .store
            .write(|tx| change_phone(tx, &self.t.app.vault, now, person, number, PhoneState::Verified))
            .unwrap();
    }

    /// The open duties of a kind: who owes them.
    pub fn owed(&self, kind: DutyKind) -> Vec<String> {
        self.t
            .app
            .store
            .read(|conn| {
                Ok(duties::table
                    .filter(duties::kind.eq(kind))
                    .filter(duties::closed_at.is_null())
                    .order(duties::owed_key)
                    .select(duties::owed_key)
                    .load(conn)?)
            })
            .unwrap()
    }

    /// The records and the open duties agree.
    pub fn assert_reconciled(&self) {
        let today = self.t.today();
        let differences = self.t.app.store.read(|conn| xiangban::guardianship::differences(conn, today)).unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    }

    pub fn watch(&self) -> xiangban::guardianship::Watched {
        xiangban::guardianship::watch_over(&self.t.app, self.t.now()).unwrap()
    }
}

/// These people as debtors, in the order of [`Village::owed`].
pub fn people(ids: &[i64]) -> Vec<String> {
    let mut keys: Vec<String> = ids.iter().map(|id| format!("person:{id}")).collect();
    keys.sort();
    keys
}

pub fn path(agreement: &Value, rest: &str) -> String {
    format!("/agreements/{}/{rest}", agreement["id"])
}

pub fn signing(agreement: &Value, party: i64) -> String {
    path(agreement, &format!("signatures/{party}"))
}

#[track_caller]
pub fn party_of(agreement: &Value, role: &str, person: Option<i64>) -> i64 {
    let parties = agreement["parties"].as_array().unwrap();
    let found = parties.iter().find(|party| party["role"] == role && person.is_none_or(|id| party["person_id"] == id));
    found.unwrap_or_else(|| panic!("no {role} among {parties:?}"))["id"].as_i64().unwrap()
}

pub fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}
