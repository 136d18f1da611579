use std::time::Duration;

use proptest::prelude::*;
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::messaging::phone::Mobile;
use crate::messaging::templates::Facts;

const KANNEL: &str = r#"
name = "kannel"
method = "GET"
url = "URL/cgi-bin/sendsms"
timeout_seconds = 1
[query]
username = "xiangban"
password = "secret"
to = "{to}"
text = "{signed_text}"
coding = "2"
charset = "utf-8"
dlr-mask = "3"
dlr-url = "{receipt_url}?reference={reference}&status=%d"
[success]
statuses = [200, 202]
matches = "^(0: Accepted|3: Queued)"
[receipt]
reference = "reference"
status = "status"
delivered = ["1"]
undelivered = ["2", "16"]
[reply]
from = "from"
text = "text"
id = "id"
[acknowledgement]
content_type = "text/plain"
body = ""
"#;

const JSON: &str = r#"
name = "county"
url = "URL/sms/{template}"
timeout_seconds = 1
provider_id = { pointer = "/data/id" }
code = { pointer = "/code" }
[headers]
X-Api-Key = "k"
[body.json]
mobile = "{to_international}"
content = "{text}"
ext = { id = "{reference}" }
[success]
pointer = "/code"
equals = "0"
[[refusals]]
code = "1001"
meaning = "next_hour"
[[refusals]]
code = "1002"
meaning = "pause_channel"
[[refusals]]
status = 500
matches = "busy"
meaning = "retry_soon"
[receipt]
list = "/reports"
provider_id = "/msg/id"
status = "stat"
delivered = ["DELIVRD"]
undelivered = ["UNDELIV", "EXPIRED"]
number_invalid = ["MK:0001"]
error = "err"
[reply]
from = "mobile"
text = "content"
"#;

fn channel(description: &str, url: &str) -> HttpChannel {
    HttpChannel::new(toml::from_str(&description.replace("URL", url)).unwrap(), "http://us/callbacks/abc/receipts")
        .unwrap()
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        reference: "7-1".into(),
        to: Address::Mobile(Mobile::parse("13800138000").unwrap()),
        body: Body::Sms {
            signature: "相伴".into(),
            text: text.into(),
            template: "code/sign_in".into(),
            facts: Facts::new(),
        },
    }
}

fn noon() -> Instant {
    "2026-11-23T12:00:00+08:00".parse().unwrap()
}

async fn answer(description: &str, status: u16, body: &str) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    channel(description, &server.uri()).send(&outgoing("您好"), noon()).await
}

#[actix_web::test]
async fn kannel_gets_its_parameters_in_utf_8() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/cgi-bin/sendsms"))
        .and(query_param("to", "13800138000"))
        .and(query_param("text", "【相伴】通过话回1，要帮忙回2 & {to} 100%"))
        .and(query_param("dlr-url", "http://us/callbacks/abc/receipts?reference=7-1&status=%d"))
        .respond_with(ResponseTemplate::new(202).set_body_string("0: Accepted for delivery"))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = channel(KANNEL, &server.uri()).send(&outgoing("通过话回1，要帮忙回2 & {to} 100%"), noon()).await;
    assert_eq!(outcome, Outcome::Accepted { provider_id: None });
}

#[actix_web::test]
async fn a_json_gateway_gets_a_text_that_stays_a_text() {
    let server = MockServer::start().await;
    let text = r#"他说"好",{text}\"#;
    Mock::given(method("POST"))
        .and(path("/sms/code%2Fsign_in"))
        .and(header("x-api-key", "k"))
        .and(body_json(serde_json::json!({"mobile": "+8613800138000", "content": text, "ext": {"id": "7-1"}})))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"code":0,"data":{"id":991}}"#))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = channel(JSON, &server.uri()).send(&outgoing(text), noon()).await;
    assert_eq!(outcome, Outcome::Accepted { provider_id: Some("991".into()) });
}

#[actix_web::test]
async fn a_legible_no_is_a_refusal_of_its_class() {
    let next_hour = Refusal::WaitUntil(noon().plus_hours(1));
    for (status, body, refusal, code) in [
        (200, r#"{"code":"1001"}"#, next_hour, "1001"),
        (200, r#"{"code":1002}"#, Refusal::PauseChannel, "1002"),
        (200, r#"{"code":"9999"}"#, Refusal::FinalForRecipient, "9999"),
        (500, "busy", Refusal::RetrySoon, "http_500"),
        (503, "", Refusal::RetrySoon, "http_503"),
        (429, "", Refusal::RetrySoon, "http_429"),
        (401, "", Refusal::PauseChannel, "http_401"),
        (302, "", Refusal::PauseChannel, "http_302"),
        (400, "", Refusal::FinalForRecipient, "http_400"),
    ] {
        assert_eq!(answer(JSON, status, body).await, Outcome::refused(refusal, code), "{status} {body}");
    }
}

#[actix_web::test]
async fn garbage_and_a_broken_gateway_leave_the_outcome_unknown() {
    for (status, body) in [(200, "<html>login</html>"), (200, ""), (200, "{\"co"), (500, "oops"), (502, ""), (504, "")]
    {
        assert!(matches!(answer(JSON, status, body).await, Outcome::Unknown { .. }), "{status} {body}");
    }
    assert!(matches!(answer(KANNEL, 202, "?").await, Outcome::Unknown { .. }));
}

#[actix_web::test]
async fn silence_is_unknown_and_a_closed_door_is_a_refusal() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    Mock::given(wiremock::matchers::any()).respond_with(slow).mount(&server).await;
    assert_eq!(channel(JSON, &server.uri()).send(&outgoing("您好"), noon()).await, Outcome::unknown("timeout"));
    let closed = channel(JSON, "http://127.0.0.1:9").send(&outgoing("您好"), noon()).await;
    assert_eq!(closed, Outcome::refused(Refusal::RetrySoon, "no_connection"));
}

#[actix_web::test]
async fn a_gateway_that_hangs_up_in_the_middle_leaves_the_outcome_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hang_up = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 64];
        tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await.unwrap();
    };
    let channel = channel(JSON, &url);
    let message = outgoing("您好");
    let (outcome, ()) = tokio::join!(channel.send(&message, noon()), hang_up);
    assert_eq!(outcome, Outcome::unknown("connection_lost"));
}

#[test]
fn a_wrong_description_is_refused_at_start() {
    let broken = JSON.replace("{text}", "{message}");
    let error = HttpChannel::new(toml::from_str(&broken).unwrap(), "").err().unwrap();
    assert_eq!(error.to_string(), "unknown placeholder {message}");
}

fn read(content_type: &str, query: &str, body: &str) -> Fields {
    Fields::read(content_type, query, body.as_bytes()).unwrap()
}

#[test]
fn receipts_are_read_from_query_form_and_json() {
    let kannel = channel(KANNEL, "http://k");
    let delivered = Receipt {
        reference: Some("7-1".into()),
        provider_id: None,
        delivered: Some(true),
        number_invalid: false,
        code: Some("1".into()),
        ..Receipt::default()
    };
    assert_eq!(kannel.receipts(&read("", "reference=7-1&status=1", "")), Ok(vec![delivered.clone()]));
    let form = read("application/x-www-form-urlencoded", "", "reference=7-1&status=1");
    assert_eq!(kannel.receipts(&form), Ok(vec![delivered]));
    let buffered = kannel.receipts(&read("", "reference=7-1&status=4", "")).unwrap();
    assert_eq!(buffered[0].delivered, None);
}

#[test]
fn one_call_may_bring_many_receipts() {
    let county = channel(JSON, "http://c");
    let body = r#"{"reports":[{"msg":{"id":1},"stat":"DELIVRD"},{"msg":{"id":"2"},"stat":"UNDELIV","err":"MK:0001"}]}"#;
    let receipts = county.receipts(&read("application/json", "", body)).unwrap();
    assert_eq!(
        receipts.iter().map(|r| (r.delivered, r.number_invalid)).collect::<Vec<_>>(),
        [(Some(true), false), (Some(false), true)]
    );
    assert_eq!(receipts[1].provider_id.as_deref(), Some("2"));
}

#[test]
fn a_callback_without_its_fields_is_malformed_and_nothing_worse() {
    let county = channel(JSON, "http://c");
    assert_eq!(county.receipts(&read("application/json", "", "{}")), Err(Malformed::FieldMissing));
    assert_eq!(county.receipts(&read("", "", r#"{"reports":[{"stat":"DELIVRD"}]}"#)), Err(Malformed::FieldMissing));
    assert_eq!(Fields::read("application/json", "", b"{"), Err(Malformed::Body));
    assert_eq!(Fields::read("application/json", "", b"3"), Err(Malformed::Body));
    let many = format!(r#"{{"reports":[{}{{}}]}}"#, "{},".repeat(1000));
    assert_eq!(county.receipts(&read("application/json", "", &many)), Err(Malformed::TooMany));
}

#[test]
fn a_reply_is_read_with_its_text_as_it_was_typed() {
    let kannel = channel(KANNEL, "http://k");
    let replies = kannel.replies(&read("", "from=%2B8613800138000&text=%EF%BC%91+%23&id=a1", "")).unwrap();
    assert_eq!(replies, [Reply { id: Some("a1".into()), from: "+8613800138000".into(), text: "１ #".into() }]);
}

proptest! {
    #[test]
    fn any_callback_is_answered_without_harm(
        content_type in "(application/json|application/x-www-form-urlencoded|text/plain|)",
        query in "\\PC{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(fields) = Fields::read(&content_type, &query, &body) {
            let county = channel(JSON, "http://c");
            let _ = county.receipts(&fields);
            let _ = county.replies(&fields);
        }
    }
}
