use diesel::prelude::*;
use serde_json::json;
use xiangban::crypto::Purpose;
use xiangban::identity::create_account;
use xiangban::storage::schema::messages;

use crate::on_both;
use crate::support::TestApp;

/// The code in the newest message of the outbox, as its receiver would read it.
fn newest_code(t: &TestApp) -> String {
    let sealed: String = t
        .app
        .store
        .read(|conn| Ok(messages::table.select(messages::data_sealed).order(messages::id.desc()).first(conn)?))
        .unwrap();
    let data: serde_json::Value = serde_json::from_str(&t.app.vault.open(Purpose::Message, &sealed).unwrap()).unwrap();
    data["code"].as_str().unwrap().to_owned()
}

on_both! {
    async fn a_parent_signs_in_with_the_code_sent_to_their_phone_once(t: TestApp) {
        let county = t.county();
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({"phone": "139 0000 0009"})).await.expect(204);
        let code = newest_code(&t);
        let credentials = json!({"method": "sms_code", "phone": "13900000009", "code": code});
        let grant = t.post(&nobody, "/sessions", credentials.clone()).await.expect(201);
        assert_eq!(grant["person_id"], county.father);
        let me = t.get(&t.with_token(grant["access_token"].as_str().unwrap()), "/me").await.expect(200);
        assert_eq!(me["name"], "王大山");
        assert_eq!(me["phone_masked"], "139****0009");
        let devices = t.get(&t.with_token(grant["access_token"].as_str().unwrap()), "/sessions").await.expect(200);
        assert_eq!((devices[0]["current"].as_bool(), devices.as_array().unwrap().len()), (Some(true), 1));
        assert_eq!(t.post(&nobody, "/sessions", credentials).await.problem(401), "sign_in_failed");
    }

    async fn five_wrong_codes_spend_the_code(t: TestApp) {
        t.county();
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await.expect(204);
        let code = newest_code(&t);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            let reply = t.post(&nobody, "/sessions", json!({"method": "sms_code", "phone": "13900000009", "code": wrong})).await;
            assert_eq!(reply.problem(401), "sign_in_failed");
        }
        let reply = t.post(&nobody, "/sessions", json!({"method": "sms_code", "phone": "13900000009", "code": code})).await;
        assert_eq!(reply.problem(401), "sign_in_failed");
    }

    async fn a_code_is_over_after_five_minutes(t: TestApp) {
        t.county();
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await.expect(204);
        let code = newest_code(&t);
        t.pass_minutes(5);
        let reply = t.post(&nobody, "/sessions", json!({"method": "sms_code", "phone": "13900000009", "code": code})).await;
        assert_eq!(reply.problem(401), "sign_in_failed");
    }

    async fn a_second_code_within_a_minute_is_refused(t: TestApp) {
        t.county();
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await.expect(204);
        let reply = t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await;
        assert_eq!(reply.problem(429), "too_many_requests");
        t.pass_minutes(1);
        t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await.expect(204);
    }

    async fn an_unknown_number_gets_the_same_answer_and_no_message(t: TestApp) {
        t.county();
        t.post(&t.stranger(), "/sign-in-codes", json!({"phone": "13711112222"})).await.expect(204);
        let count: i64 = t.app.store.read(|conn| Ok(messages::table.count().get_result(conn)?)).unwrap();
        assert_eq!(count, 0);
    }

    async fn a_refresh_token_used_twice_ends_the_session(t: TestApp) {
        t.county();
        let nobody = t.stranger();
        t.post(&nobody, "/sign-in-codes", json!({"phone": "13900000009"})).await.expect(204);
        let code = newest_code(&t);
        let first = t.post(&nobody, "/sessions", json!({"method": "sms_code", "phone": "13900000009", "code": code})).await.expect(201);
        let second = t.post(&nobody, "/sessions/refresh", json!({"refresh_token": first["refresh_token"]})).await.expect(200);
        let reused = t.post(&nobody, "/sessions/refresh", json!({"refresh_token": first["refresh_token"]})).await;
        assert_eq!(reused.problem(401), "session_revoked");
        let after = t.post(&nobody, "/sessions/refresh", json!({"refresh_token": second["refresh_token"]})).await;
        assert_eq!(after.problem(401), "unauthorized");
    }

    async fn an_access_token_ends_after_fifteen_minutes(t: TestApp) {
        let county = t.county();
        let caller = t.as_person(county.father);
        t.get(&caller, "/me").await.expect(200);
        t.pass_minutes(15);
        assert_eq!(t.get(&caller, "/me").await.problem(401), "token_expired");
    }

    async fn staff_give_password_and_second_factor_and_each_totp_serves_once(t: TestApp) {
        let county = t.county();
        let now = t.now();
        let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
        t.app
            .store
            .write(|tx| create_account(tx, &t.app.vault, now, county.supervisor, "qian", "a long password", Some(secret)))
            .unwrap();
        let nobody = t.stranger();
        let sign_in = |totp: Option<String>| json!({"method": "password", "login": "qian", "password": "a long password", "totp": totp});
        assert_eq!(t.post(&nobody, "/sessions", sign_in(None)).await.problem(401), "second_factor_required");
        let code = t.app.store.read(|conn| xiangban::identity::totp_now(conn, &t.app.vault, now, "qian")).unwrap();
        t.post(&nobody, "/sessions", sign_in(Some(code.clone()))).await.expect(201);
        assert_eq!(t.post(&nobody, "/sessions", sign_in(Some(code))).await.problem(401), "sign_in_failed");
    }

    async fn guessing_a_password_makes_the_guesser_wait(t: TestApp) {
        t.county();
        let nobody = t.stranger();
        for _ in 0..5 {
            let reply = t.post(&nobody, "/sessions", json!({"method": "password", "login": "qian", "password": "wrong"})).await;
            assert_eq!(reply.problem(401), "sign_in_failed");
        }
        let reply = t.post(&nobody, "/sessions", json!({"method": "password", "login": "qian", "password": "wrong"})).await;
        assert_eq!(reply.problem(429), "too_many_requests");
    }
}
