//! WeChat against a stand-in: one token for everybody, one acceptance for one message, what is pushed acted on once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::Method;
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use diesel::prelude::*;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};
use xiangban::config::Config;
use xiangban::duties::{DutyKind, Owed};
use xiangban::identity::wechat::AccessTokens;
use xiangban::messaging::inbound::Fate;
use xiangban::messaging::journey::State;
use xiangban::storage::Conn;
use xiangban::storage::schema::{inbound, people, wechat_credits};

use super::gateway::{Post, duty};
use crate::on_both;
use crate::support::{Reply, TestApp};

const APP: &str = "wx1234567890abcdef";
const AES: [u8; 32] = [7; 32];
const FATHER: &str = "13900000009";

#[derive(Default)]
struct Seen {
    tokens: usize,
    forced: usize,
    sent: Vec<Value>,
    /// errcodes of the next sends.
    answers: VecDeque<i64>,
    phone_answers: VecDeque<Value>,
}

#[derive(Clone, Default)]
struct Wechat(Arc<Mutex<Seen>>);

impl Respond for Wechat {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut seen = self.0.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let token = format!("token-{}", seen.tokens);
        let given =
            request.url.query_pairs().find(|(key, _)| key == "access_token").map(|(_, value)| value.into_owned());
        let answer = match request.url.path() {
            "/cgi-bin/stable_token" => {
                assert_eq!((&body["appid"], &body["secret"]), (&json!(APP), &json!("s3cret")));
                seen.tokens += 1;
                seen.forced += usize::from(body["force_refresh"] == true);
                let answer = json!({ "access_token": format!("token-{}", seen.tokens), "expires_in": 7200 });
                return ResponseTemplate::new(200).set_body_json(answer).set_delay(Duration::from_millis(150));
            }
            "/cgi-bin/message/subscribe/send" => match seen.answers.pop_front() {
                Some(code) if code != 0 => json!({ "errcode": code, "errmsg": "no" }),
                _ if given.as_deref() != Some(token.as_str()) => {
                    json!({ "errcode": 40001, "errmsg": "invalid credential" })
                }
                _ => {
                    seen.sent.push(body);
                    json!({ "errcode": 0, "errmsg": "ok", "msgid": seen.sent.len() })
                }
            },
            "/wxa/business/getuserphonenumber" => seen.phone_answers.pop_front().unwrap_or_default(),
            other => panic!("{other}"),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl Wechat {
    fn answers(&self, codes: impl IntoIterator<Item = i64>) {
        self.0.lock().unwrap().answers.extend(codes);
    }

    fn sent(&self) -> Vec<Value> {
        self.0.lock().unwrap().sent.clone()
    }

    fn tokens(&self) -> (usize, usize) {
        let seen = self.0.lock().unwrap();
        (seen.tokens, seen.forced)
    }
}

struct Place {
    post: Post,
    wechat: Wechat,
    _server: MockServer,
}

fn describe(config: &mut Config, url: &str, mode: &str) {
    config.identity.wechat.base_url = url.to_owned();
    config.identity.wechat.app_id = APP.into();
    config.identity.wechat.app_secret = "s3cret".to_owned().into();
    config.messages.channels.wechat = "wechat".into();
    let key = STANDARD.encode(AES);
    // In plain mode there is no key at all.
    let aes = match mode {
        "plain" => String::new(),
        _ => format!("encoding_aes_key = \"{}\"", key.trim_end_matches('=')),
    };
    let text = format!(
        r#"
[templates.duty]
id = "TPL"
fields = {{ date2 = "time7" }}
[push]
token = "pushtoken"
mode = "{mode}"
{aes}
"#
    );
    config.messages.wechat = Some(toml::from_str(&text).unwrap());
}

async fn place(t: TestApp, mode: &str) -> Place {
    let (server, wechat) = (MockServer::start().await, Wechat::default());
    Mock::given(any()).respond_with(wechat.clone()).mount(&server).await;
    let url = server.uri();
    let mut post = Post::with(t, |config| describe(config, &url, mode));
    let app = &mut post.t.app;
    let tokens =
        AccessTokens::new(&app.config.identity.wechat, app.store.clone(), Arc::clone(&app.vault), app.http.clone());
    app.wechat_tokens = Arc::new(tokens);
    Place { post, wechat, _server: server }
}

impl Place {
    fn link(&self, person: i64, credits: i64) {
        let now = self.post.t.now();
        self.post
            .t
            .app
            .store
            .write(|tx| {
                diesel::update(people::table.find(person)).set(people::wechat_openid.eq("o-father")).execute(tx)?;
                diesel::insert_into(wechat_credits::table)
                    .values((
                        wechat_credits::person_id.eq(person),
                        wechat_credits::template.eq("duty"),
                        wechat_credits::credits.eq(credits),
                        wechat_credits::updated_at.eq(now),
                    ))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
    }

    fn credits(&self) -> Vec<i64> {
        let read = |conn: &mut Conn| Ok(wechat_credits::table.select(wechat_credits::credits).load(conn)?);
        self.post.t.app.store.read(read).unwrap()
    }

    fn fates(&self) -> Vec<Option<Fate>> {
        let read =
            |conn: &mut Conn| Ok(inbound::table.select(inbound::outcome.nullable()).order(inbound::id).load(conn)?);
        self.post.t.app.store.read(read).unwrap()
    }

    fn owe(&self, person: i64, child: i64, subject: i64) {
        self.post.owe(&duty(DutyKind::ContactChild, child, subject, Owed::Person(person), self.post.t.now()));
    }

    async fn push(&self, method: Method, query: &str, body: &str) -> Reply {
        let path = self.post.t.app.office.callback_path("wechat").unwrap();
        let t = &self.post.t;
        let path = format!("/{path}/wechat?{query}");
        t.call_raw(&t.stranger(), method, &path, body.as_bytes().to_vec(), &[("content-type", "text/xml")]).await
    }

    async fn phone_says(&self, person: i64, tap: &str, templates: &[&str]) -> Reply {
        let t = &self.post.t;
        let body = json!({ "template_ids": templates });
        let key = [("idempotency-key", tap)];
        t.call(&t.as_person(person), Method::POST, "/me/wechat-acceptances", Some(body), &key).await
    }

    async fn push_plain(&self, body: &str) -> Reply {
        let query = format!("signature={}&timestamp=1&nonce=2", signed(&["1", "2"]));
        self.push(Method::POST, &query, body).await
    }

    async fn push_sealed(&self, plain: &str, app_id: &str) -> Reply {
        let cipher = sealed(plain, app_id);
        let query = format!(
            "signature={}&timestamp=1&nonce=2&encrypt_type=aes&msg_signature={}",
            signed(&["1", "2"]),
            signed(&["1", "2", &cipher])
        );
        self.push(Method::POST, &query, &json!({ "ToUserName": "gh", "Encrypt": cipher }).to_string()).await
    }
}

fn signed(parts: &[&str]) -> String {
    let mut parts: Vec<&str> = parts.iter().copied().chain(["pushtoken"]).collect();
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sealed(plain: &str, app_id: &str) -> String {
    let mut bytes = b"0123456789abcdef".to_vec();
    bytes.extend(u32::try_from(plain.len()).unwrap().to_be_bytes());
    bytes.extend(plain.as_bytes());
    bytes.extend(app_id.as_bytes());
    let padding = 32 - bytes.len() % 32;
    bytes.extend(std::iter::repeat_n(u8::try_from(padding).unwrap(), padding));
    let iv: [u8; 16] = AES[..16].try_into().unwrap();
    let length = bytes.len();
    cbc::Encryptor::<Aes256>::new(&AES.into(), &iv.into()).encrypt_padded::<NoPadding>(&mut bytes, length).unwrap();
    STANDARD.encode(bytes)
}

fn accepted(at: i64) -> Value {
    json!({
        "ToUserName": "gh", "FromUserName": "o-father", "CreateTime": at, "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "List": { "TemplateId": "TPL", "SubscribeStatusString": "accept", "PopupScene": "0" },
    })
}

on_both! {
    async fn an_acceptance_carries_one_message_in_fields_that_fit(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 1);
        place.owe(c.father, c.child, 1);
        place.post.work().await;
        assert_eq!(place.post.states(), [State::Accepted]);
        let sent = place.wechat.sent();
        assert_eq!((sent.len(), &sent[0]["touser"], &sent[0]["template_id"]), (1, &json!("o-father"), &json!("TPL")));
        assert_eq!(sent[0]["data"]["time7"]["value"], "2026年3月2日");
        let thing = sent[0]["data"]["thing1"]["value"].as_str().unwrap();
        assert!((1..=20).contains(&thing.chars().count()), "{thing}");
        assert_eq!((place.credits(), place.wechat.tokens()), (vec![0], (1, 0)));
        place.post.t.pass_days(1);
        place.owe(c.father, c.child, 2);
        place.post.work().await;
        assert_eq!(place.wechat.sent().len(), 1, "without an acceptance it goes by SMS");
    }

    async fn a_refused_token_is_renewed_once(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 5);
        place.wechat.answers([40001]);
        place.owe(c.father, c.child, 1);
        place.post.work().await;
        assert_eq!((place.wechat.sent().len(), place.wechat.tokens()), (1, (2, 1)));
        place.wechat.answers([40001, 40001]);
        place.post.t.pass_days(1);
        place.owe(c.father, c.child, 2);
        place.post.work().await;
        assert_eq!(place.wechat.sent().len(), 1, "twice is an alarm");
        assert_eq!(place.post.stops().len(), 1);
    }

    async fn not_subscribed_goes_on_by_sms_and_empties_the_credits(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 3);
        place.wechat.answers([43101]);
        place.owe(c.father, c.child, 1);
        place.post.work().await;
        place.post.work().await;
        assert_eq!((place.credits(), place.post.channels()), (vec![0], vec![Some("sms".to_owned())]));
        assert_eq!(place.post.stops(), []);
    }

    async fn a_bad_moment_does_not_use_up_the_acceptance(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 1);
        place.wechat.answers([-1]);
        place.owe(c.father, c.child, 1);
        place.post.work().await;
        assert_eq!(place.credits(), [1]);
        place.post.t.pass_minutes(2);
        place.post.work().await;
        assert_eq!((place.wechat.sent().len(), place.credits()), (1, vec![0]));
    }

    async fn many_processes_fetch_one_token_and_the_next_one_early(t: TestApp) {
        let place = place(t, "safe").await;
        let app = &place.post.t.app;
        let process = || AccessTokens::new(&app.config.identity.wechat, app.store.clone(), Arc::clone(&app.vault), app.http.clone());
        let processes: Vec<AccessTokens> = (0..8).map(|_| process()).collect();
        let now = place.post.t.now();
        let all = futures::future::join_all(processes.iter().map(|tokens| tokens.take(now))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(place.wechat.tokens(), (1, 0), "no stampede");
        let early = now.plus_seconds(7200 - 200);
        let all = futures::future::join_all(processes.iter().map(|tokens| tokens.take(early))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(place.wechat.tokens(), (2, 0), "refreshed before its end, by one");
    }

    async fn acceptances_and_refusals_fill_and_empty_the_credits_once(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 0);
        let accept = accepted(1).to_string();
        for _ in 0..3 {
            assert_eq!(place.push_sealed(&accept, APP).await.bytes, b"success");
        }
        place.post.deliver().await;
        assert_eq!(place.credits(), [1], "repeated is once");
        let mut more = accepted(2);
        let entry = more["List"].clone();
        more["List"] = json!([entry, { "TemplateId": "other", "SubscribeStatusString": "accept" }]);
        place.push_sealed(&more.to_string(), APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [2]);
        let refused = "<xml><FromUserName><![CDATA[o-father]]></FromUserName><CreateTime>3</CreateTime>\
            <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_change_event]]></Event>\
            <SubscribeMsgChangeEvent><List><TemplateId><![CDATA[TPL]]></TemplateId>\
            <SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>";
        place.push_sealed(refused, APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [0]);
        assert_eq!(place.fates(), vec![Some(Fate::Applied); 3]);
    }

    async fn what_was_shown_is_delivered_and_what_was_blocked_goes_on(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 2);
        for (subject, code) in [(1, 0), (2, 20003)] {
            place.owe(c.father, c.child, subject);
            place.post.work().await;
            let event = json!({
                "FromUserName": "o-father", "CreateTime": subject.to_string(), "MsgType": "event", "Event": "subscribe_msg_sent_event",
                "List": { "TemplateId": "TPL", "MsgID": subject.to_string(), "ErrorCode": code.to_string(), "ErrorStatus": "" },
            });
            place.push_sealed(&event.to_string(), APP).await.expect(200);
            place.post.deliver().await;
            place.post.t.pass_days(1);
        }
        assert_eq!(place.post.channels(), [Some("wechat".to_owned()), Some("sms".to_owned())]);
        assert_eq!(place.post.states()[0], State::Delivered);
    }

    async fn a_push_that_cannot_be_believed_is_no_page(t: TestApp) {
        let c = t.county();
        let safe = place(t, "safe").await;
        safe.link(c.father, 0);
        let accept = accepted(1).to_string();
        assert_eq!(safe.push_plain(&accept).await.status, 404, "plain in safe mode");
        assert_eq!(safe.push_sealed(&accept, "wx-another").await.status, 404);
        let forged = json!({ "Encrypt": sealed(&accept, APP) }).to_string();
        assert_eq!(safe.push(Method::POST, "msg_signature=0&timestamp=1&nonce=2", &forged).await.status, 404);
        assert_eq!(safe.push(Method::POST, "timestamp=1", "]").await.status, 404);
        safe.post.deliver().await;
        assert_eq!((safe.credits(), safe.fates()), (vec![0], vec![]));
    }

    async fn the_address_is_verified_and_other_modes_are_read(t: TestApp) {
        let c = t.county();
        let place = place(t, "compatible").await;
        place.link(c.father, 0);
        let right = format!("signature={}&timestamp=1&nonce=2&echostr=hello", signed(&["1", "2"]));
        assert_eq!(place.push(Method::GET, &right, "").await.bytes, b"hello");
        assert_eq!(place.push(Method::GET, &right.replace("nonce=2", "nonce=3"), "").await.status, 404);
        place.push_plain(&accepted(1).to_string()).await.expect(200);
        place.push_sealed(&accepted(2).to_string(), APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [2]);
    }

    async fn plain_mode_takes_what_is_signed_in_json_and_xml_and_nothing_sealed(t: TestApp) {
        let c = t.county();
        let place = place(t, "plain").await;
        place.link(c.father, 0);
        let right = format!("signature={}&timestamp=1&nonce=2&echostr=hello", signed(&["1", "2"]));
        assert_eq!(place.push(Method::GET, &right, "").await.bytes, b"hello");
        for _ in 0..2 {
            assert_eq!(place.push_plain(&accepted(1).to_string()).await.bytes, b"success");
        }
        let xml = "<xml><FromUserName><![CDATA[o-father]]></FromUserName><CreateTime>2</CreateTime>\
            <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_popup_event]]></Event>\
            <SubscribeMsgPopupEvent><List><TemplateId><![CDATA[TPL]]></TemplateId>\
            <SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>";
        place.push_plain(xml).await.expect(200);
        place.post.deliver().await;
        assert_eq!((place.credits(), place.fates()), (vec![2], vec![Some(Fate::Applied); 2]));
        let forged = format!("signature={}&timestamp=1&nonce=3", signed(&["1", "2"]));
        assert_eq!(place.push(Method::POST, &forged, &accepted(3).to_string()).await.status, 404);
        assert_eq!(place.push_sealed(&accepted(4).to_string(), APP).await.status, 404, "there is no key to open it");
        place.post.deliver().await;
        assert_eq!(place.credits(), [2]);
    }

    async fn an_acceptance_told_by_phone_and_push_is_one_credit_whoever_comes_first(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 0);
        // The phone first, and its repetition; then WeChat.
        for _ in 0..2 {
            place.phone_says(c.father, "tap-1", &["TPL"]).await.expect(204);
        }
        assert_eq!(place.credits(), [1]);
        place.push_sealed(&accepted(1).to_string(), APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [1], "one tap");
        // WeChat first, then the phone.
        place.push_sealed(&accepted(2).to_string(), APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [2]);
        place.phone_says(c.father, "tap-2", &["TPL", "TPL", "another"]).await.expect(204);
        assert_eq!(place.credits(), [2]);
        // WeChat's notice of the third is lost: the phone's is enough, and the fourth is one again.
        place.phone_says(c.father, "tap-3", &["TPL"]).await.expect(204);
        assert_eq!(place.credits(), [3]);
        place.phone_says(c.father, "tap-4", &["TPL"]).await.expect(204);
        place.push_sealed(&accepted(4).to_string(), APP).await.expect(200);
        place.post.deliver().await;
        assert_eq!(place.credits(), [4]);
        // Used up, the next acceptance counts from there.
        place.owe(c.father, c.child, 1);
        place.post.work().await;
        assert_eq!((place.wechat.sent().len(), place.credits()), (1, vec![3]));
    }

    async fn a_phone_names_its_tap_and_speaks_for_its_person_only(t: TestApp) {
        let c = t.county();
        let place = place(t, "safe").await;
        place.link(c.father, 0);
        let t = &place.post.t;
        let body = json!({ "template_ids": ["TPL"] });
        assert_eq!(t.post(&t.as_person(c.father), "/me/wechat-acceptances", body.clone()).await.problem(400), "malformed");
        assert_eq!(t.post(&t.stranger(), "/me/wechat-acceptances", body).await.status, 401);
        assert_eq!(place.phone_says(c.father, "tap", &[]).await.problem(422), "invalid_input");
        place.phone_says(c.mother, "tap", &["TPL"]).await.expect(204);
        let mut credits = place.credits();
        credits.sort_unstable();
        assert_eq!(credits, [0, 1]);
    }

    async fn a_number_that_wechat_vouches_for_signs_in(t: TestApp) {
        let _ = t.county();
        let place = place(t, "safe").await;
        let phone = |number: &str, country: Value| json!({
            "errcode": 0, "phone_info": { "phoneNumber": number, "purePhoneNumber": number, "countryCode": country },
        });
        place.wechat.0.lock().unwrap().phone_answers.extend([
            json!({ "errcode": 40001 }), phone(FATHER, json!(86)), phone("13812345678", json!("86")), json!({ "errcode": 40029 }),
            json!({ "errcode": -1 }),
        ]);
        let t = &place.post.t;
        let proof = json!({ "method": "wechat_phone", "code": "c" });
        let grant = t.post(&t.stranger(), "/sessions", proof.clone()).await.expect(201);
        assert!(grant["access_token"].is_string());
        t.post(&t.stranger(), "/sessions", proof.clone()).await.expect(401);
        let refused = t.post(&t.stranger(), "/sessions", proof.clone()).await.expect(401);
        assert_eq!(refused["code"], "wechat_refused");
        let busy = t.post(&t.stranger(), "/sessions", proof).await.expect(503);
        assert!(busy["detail"].as_str().unwrap().contains("验证码"), "the way out is an SMS code");
    }
}
