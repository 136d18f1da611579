//! `gateway`: the day on which a county enters its keys, and the day on which something stopped.

use diesel::prelude::*;
use serde_json::{Value, json};
use xiangban::storage::Store;
use xiangban::storage::schema::{audit_events, gateway_stops};

use super::{Place, Said};
use crate::messaging::vendors::standin::{Mood, SECRET, Standin, Vendor};
use crate::place_on_both;
use crate::support::{Engine, database_config};

const KEY: &[(&str, &str)] = &[("ALIYUN_SECRET", SECRET)];
const NUMBER: &str = "13900000009";

fn standin() -> Standin {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Standin::start(Vendor::Aliyun))
}

fn described(url: &str) -> String {
    format!(
        r#"
[messages]
sms_signature = "相伴"
[messages.channels]
sms = "gateways"
[messages.aliyun]
base_url = "{url}"
access_key_id = "key"
access_key_secret = {{ env = "ALIYUN_SECRET" }}
exchange = {{ timeout_seconds = 5 }}
[messages.aliyun.templates]
"duty/*" = {{ id = "SMS_1", params = {{ name = "to", matter = "line" }} }}
"code/*" = {{ id = "SMS_2", params = {{ code = "code" }} }}
"#
    )
}

impl Place {
    /// Writes the configuration; returns where it lies.
    fn configure(&self, text: &str) -> String {
        let file = self.file("gateways.toml");
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn gateway(&self, config: &str, task: &[&str]) -> Said {
        let said = self.run_with(&[&["--config", config, "gateway"], task].concat(), KEY, "");
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "a secret was shown");
        assert!(!said.out.contains(NUMBER) && !said.err.contains(NUMBER), "a number was shown");
        said
    }

    fn store(&self) -> Store {
        Store::open(&database_config(self.url())).unwrap()
    }

    /// Gateway and form of every stop that stands.
    fn stops(&self) -> Vec<(String, String)> {
        let standing = gateway_stops::table.filter(gateway_stops::lifted_at.is_null()).order(gateway_stops::id);
        self.store()
            .read(|conn| Ok(standing.select((gateway_stops::gateway, gateway_stops::form)).load(conn)?))
            .unwrap()
    }
}

#[test]
fn a_good_description_passes_and_says_where_news_comes_in() {
    let place = Place::new(Engine::Sqlite);
    let said = place.gateway(&place.configure(&described("http://127.0.0.1:9")), &["check"]);
    assert!(said.ok, "{}{}", said.out, said.err);
    for told in ["sms by aliyun", "/receipts", "/replies", "go by others", "Nothing is wrong"] {
        assert!(said.out.contains(told), "{told} is missing in {}", said.out);
    }
}

#[test]
fn what_a_vendor_would_refuse_is_found_before_anything_is_sent() {
    let good = described("http://127.0.0.1:9");
    let code = r#""code/*" = { id = "SMS_2", params = { code = "code" } }"#;
    let duty = r#""duty/*" = { id = "SMS_1", params = { name = "to", matter = "line" } }"#;
    let signed = |signature: &str| format!("access_key_id = \"key\"\nsignature = \"{signature}\"");
    let long = signed("一二三四五六七八九十一二三");
    let bracketed = signed("【相伴】");
    for (change, to, told) in [
        (code, "", "no gateway carries code/sign_in"),
        (duty, r#""duty/*" = { id = "SMS_1", params = { name = "colour" } }"#, r#"asks for "colour", which duty/"#),
        (code, r#""code/*" = { id = "SMS_2", params = { code = "line", to = "when" } }"#, r#"asks for "when""#),
        (duty, r#""duty/*" = { id = "SMS_1", params = ["to"] }"#, "params must be named"),
        (duty, r#""duty/*" = { id = " ", params = { name = "to" } }"#, "the id is empty"),
        (duty, r#""dutty/*" = { id = "SMS_1" }"#, r#""dutty/*" covers no message"#),
        (r#"access_key_id = "key""#, &long, "the signature has 13 characters"),
        (r#"access_key_id = "key""#, &bracketed, "adds the brackets"),
        (r#"base_url = "http://127.0.0.1:9""#, r#"base_url = "127.0.0.1""#, "not an http(s) address"),
        ("ALIYUN_SECRET", "NO_SUCH_NAME", "the environment has no NO_SUCH_NAME"),
        (r#"sms = "gateways""#, "sms = \"gateways\"\nemail = \"smtp\"", "[messages.smtp] is missing"),
    ] {
        assert!(good.contains(change), "{change}");
        let place = Place::new(Engine::Sqlite);
        let said = place.gateway(&place.configure(&good.replace(change, to)), &["check"]);
        assert!(!said.ok, "{told}: {}", said.out);
        assert!(said.out.contains(told) || said.err.contains(told), "{told}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_text_of_ones_own_that_says_what_it_must_not_is_found() {
    let place = Place::new(Engine::Sqlite);
    let folder = place.file("texts/duty/contact_child/owed");
    std::fs::create_dir_all(&folder).unwrap();
    let own = "line = \"困境儿童家长，该给孩子打电话了\"\nwhat = \"联系孩子\"\nnext = \"请打个电话。\"\n";
    std::fs::write(folder.join("message.toml"), own).unwrap();
    let texts = format!("[messages]\ntemplates_dir = \"{}\"", place.file("texts").display());
    let config = place.configure(&described("http://127.0.0.1:9").replace("[messages]", &texts));
    let said = place.gateway(&config, &["check"]);
    assert!(!said.ok, "{}", said.out);
    assert!(said.err.contains("duty/contact_child/owed: sensitive_word"), "{}", said.err);
}

place_on_both! {
    fn a_real_message_is_followed_to_its_receipt(place: Place) {
        let standin = standin();
        place.found_a_county();
        let config = place.configure(&described(&standin.url()));
        let server = place.serve_with(&[("XIANGBAN_CONFIG", &config), KEY[0]]);
        let told = place.gateway(&config, &["check"]);
        let address = told.out.lines().find(|line| line.contains("receipts")).unwrap().to_owned();
        let path = &address[address.find("/callbacks/").unwrap()..];
        let said = std::thread::scope(|scope| {
            let test = scope.spawn(|| place.gateway(&config, &["test", "--to", NUMBER, "--wait-seconds", "100"]));
            let taken = (0..600).find_map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(100));
                standin.taken().into_iter().next()
            });
            let one = taken.expect("nothing reached the vendor");
            assert_eq!((one.to.as_str(), one.template.as_str(), one.signature.as_str()), (NUMBER, "SMS_2", "相伴"));
            let receipt = json!([{
                "phone_number": NUMBER, "success": true, "err_code": "DELIVERED", "biz_id": one.id, "out_id": one.reference,
            }]);
            assert_eq!(server.post(path, &receipt).unwrap().status, 200);
            test.join().unwrap()
        });
        assert!(said.ok, "{}{}", said.out, said.err);
        assert!(said.out.contains("message 1 to 139****0009") && said.out.contains("delivered, aliyun"), "{}", said.out);
        assert_eq!((standin.taken().len(), standin.forged()), (1, 0));
    }

    fn what_was_stopped_is_let_go_by_hand_and_the_audit_says_so(place: Place) {
        let standin = standin();
        place.found_a_county();
        let config = place.configure(&described(&standin.url()));
        let test = |number: &str| place.gateway(&config, &["test", "--to", number, "--wait-seconds", "2"]);
        standin.moods([Mood::Balance]);
        let refused = test("13900000001");
        assert!(!refused.ok && refused.out.contains("isv.AMOUNT_NOT_ENOUGH"), "{}{}", refused.out, refused.err);
        assert_eq!(place.stops(), [("aliyun".to_owned(), String::new())]);
        assert!(!test("13900000002").ok);
        assert_eq!(standin.asked(), 1, "nothing is tried while it is stopped");

        let resumed = place.gateway(&config, &["resume", "aliyun"]);
        assert!(resumed.ok && resumed.out.contains("1 stops of aliyun lifted"), "{}{}", resumed.out, resumed.err);
        assert_eq!(place.stops(), []);
        standin.moods([Mood::TemplateRefused]);
        assert!(!test("13900000003").ok);
        assert_eq!(place.stops(), [("aliyun".to_owned(), "code/*".to_owned())]);
        assert!(place.gateway(&config, &["resume", "aliyun"]).ok);
        let again = place.gateway(&config, &["resume", "aliyun"]);
        assert!(again.ok && again.out.contains("0 stops"), "{}", again.out);
        let unknown = place.gateway(&config, &["resume", "aliyum"]);
        assert!(!unknown.ok && unknown.err.contains("aliyun"), "{}", unknown.err);

        let sent = test("13900000004");
        assert!(sent.out.contains("accepted, aliyun"), "{}{}", sent.out, sent.err);
        let trace: Vec<(String, Option<i64>)> = place.store().read(|conn| Ok(audit_events::table
            .filter(audit_events::action.eq("gateway_stop.lifted")).order(audit_events::id)
            .select((audit_events::detail, audit_events::actor_person_id)).load(conn)?)).unwrap();
        let forms: Vec<Value> = trace.iter().map(|(detail, _)| serde_json::from_str(detail).unwrap()).collect();
        assert_eq!(forms, [
            json!({ "gateway": "aliyun", "form": "", "how": "operator" }),
            json!({ "gateway": "aliyun", "form": "code/*", "how": "operator" }),
        ]);
        assert!(trace.iter().all(|(_, actor)| actor.is_none()));
    }
}
