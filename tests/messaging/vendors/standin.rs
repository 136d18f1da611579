//! Stand-ins for the vendors on loopback: they check signatures as the vendor does, and misbehave when told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::signatures;

pub const SECRET: &str = "the secret of the stand-in";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    Aliyun,
    Tencent,
    Huawei,
    /// An operator's gateway, described by configuration.
    Http,
}

/// Those with templates of their own.
pub const VENDORS: [Vendor; 3] = [Vendor::Aliyun, Vendor::Tencent, Vendor::Huawei];
pub const ALL: [Vendor; 4] = [Vendor::Aliyun, Vendor::Tencent, Vendor::Huawei, Vendor::Http];

/// How the vendor takes the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    RateLimit,
    Balance,
    TemplateRefused,
    NumberRefused,
    Unavailable,
    Garbage,
    /// Takes the message and does not answer in time.
    Silent,
}

/// A message that the vendor took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub to: String,
    pub reference: String,
    pub template: String,
    pub signature: String,
    pub params: Value,
    /// The vendor's own id of it.
    pub id: String,
}

#[derive(Clone)]
pub struct Standin {
    pub vendor: Vendor,
    moods: Arc<Mutex<VecDeque<Mood>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
    asked: Arc<Mutex<usize>>,
    forged: Arc<Mutex<usize>>,
    times: Arc<Mutex<Vec<Instant>>>,
    url: String,
    /// Stops with the last of those who hold it; what answers does not.
    server: Option<Arc<MockServer>>,
}

struct Answering(Standin);

impl Standin {
    pub async fn start(vendor: Vendor) -> Self {
        let server = MockServer::start().await;
        let mut standin = Self {
            vendor,
            moods: Arc::default(),
            taken: Arc::default(),
            asked: Arc::default(),
            forged: Arc::default(),
            times: Arc::default(),
            url: server.uri(),
            server: None,
        };
        Mock::given(any()).respond_with(Answering(standin.clone())).mount(&server).await;
        standin.server = Some(Arc::new(server));
        standin
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The next requests meet these moods; after them all is well.
    pub fn moods(&self, moods: impl IntoIterator<Item = Mood>) {
        self.moods.lock().unwrap().extend(moods);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// When each was taken.
    pub fn times(&self) -> Vec<Instant> {
        self.times.lock().unwrap().clone()
    }

    pub fn forged(&self) -> usize {
        *self.forged.lock().unwrap()
    }

    fn message(&self, request: &Request, id: String) -> Taken {
        match self.vendor {
            Vendor::Aliyun => {
                let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
                let of = |name: &str| pairs.iter().find(|(key, _)| key == name).unwrap().1.clone();
                Taken {
                    to: of("PhoneNumbers"),
                    reference: of("OutId"),
                    template: of("TemplateCode"),
                    signature: of("SignName"),
                    params: serde_json::from_str(&of("TemplateParam")).unwrap(),
                    id,
                }
            }
            Vendor::Tencent => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let of = |name: &str| body[name].as_str().unwrap().to_owned();
                Taken {
                    to: body["PhoneNumberSet"][0].as_str().unwrap().to_owned(),
                    reference: of("SessionContext"),
                    template: of("TemplateId"),
                    signature: of("SignName"),
                    params: body["TemplateParamSet"].clone(),
                    id,
                }
            }
            Vendor::Huawei => {
                let text = String::from_utf8(request.body.clone()).unwrap();
                let pairs: Vec<(String, String)> =
                    actix_web::web::Query::from_query(&text).map(actix_web::web::Query::into_inner).unwrap();
                let of = |name: &str| pairs.iter().find(|(key, _)| key == name).unwrap().1.clone();
                Taken {
                    to: of("to"),
                    reference: of("extend"),
                    template: of("templateId"),
                    signature: of("signature"),
                    params: serde_json::from_str(&of("templateParas")).unwrap(),
                    id,
                }
            }
            Vendor::Http => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let of = |name: &str| body[name].as_str().unwrap().to_owned();
                Taken {
                    to: of("to"),
                    reference: of("reference"),
                    template: of("template"),
                    signature: of("signature"),
                    params: body["text"].clone(),
                    id,
                }
            }
        }
    }

    fn yes(&self, id: &str) -> Value {
        match self.vendor {
            Vendor::Aliyun => json!({ "Code": "OK", "Message": "OK", "BizId": id, "RequestId": "r" }),
            Vendor::Tencent => json!({ "Response": { "RequestId": "r", "SendStatusSet": [
                { "SerialNo": id, "PhoneNumber": "", "Fee": 1, "SessionContext": "", "Code": "Ok", "Message": "send success" }
            ] } }),
            Vendor::Huawei => json!({ "code": "000000", "description": "Success", "result": [
                { "originTo": "", "createTime": "2026-03-02T01:00:00Z", "from": "", "smsMsgId": id, "status": "000000" }
            ] }),
            Vendor::Http => json!({ "code": 0, "id": id }),
        }
    }

    fn no(&self, code: &str, message: &str) -> ResponseTemplate {
        match self.vendor {
            Vendor::Aliyun => ResponseTemplate::new(if code.contains('.') { 200 } else { 400 })
                .set_body_json(json!({ "Code": code, "Message": message, "RequestId": "r" })),
            Vendor::Tencent if code.starts_with("Limit") || code.starts_with("Failed") || code.starts_with("Invalid") => {
                ResponseTemplate::new(200).set_body_json(json!({ "Response": { "RequestId": "r", "SendStatusSet": [
                    { "SerialNo": "", "PhoneNumber": "", "Fee": 0, "SessionContext": "", "Code": code, "Message": message }
                ] } }))
            }
            Vendor::Tencent => ResponseTemplate::new(200).set_body_json(
                json!({ "Response": { "RequestId": "r", "Error": { "Code": code, "Message": message } } }),
            ),
            Vendor::Huawei if code.starts_with("E2") => ResponseTemplate::new(200).set_body_json(
                json!({ "code": "E000510", "description": message, "result": [{ "smsMsgId": "", "status": code }] }),
            ),
            Vendor::Huawei => {
                ResponseTemplate::new(200).set_body_json(json!({ "code": code, "description": message }))
            }
            Vendor::Http => ResponseTemplate::new(400).set_body_json(json!({ "code": code, "message": message })),
        }
    }

    fn code(&self, mood: Mood) -> (&'static str, &'static str) {
        match (mood, self.vendor) {
            (Mood::RateLimit, Vendor::Aliyun) => ("Throttling.User", "Request was denied due to user flow control."),
            (Mood::RateLimit, Vendor::Tencent) => ("RequestLimitExceeded", "too fast"),
            (Mood::RateLimit, Vendor::Huawei) => ("E000000", "system busy"),
            (Mood::Balance, Vendor::Aliyun) => ("isv.AMOUNT_NOT_ENOUGH", "balance"),
            (Mood::Balance, Vendor::Tencent) => ("FailedOperation.InsufficientBalanceInSmsPackage", "balance"),
            (Mood::Balance, Vendor::Huawei) => ("E000112", "frozen"),
            (Mood::TemplateRefused, Vendor::Aliyun) => ("isv.SMS_TEMPLATE_ILLEGAL", "template"),
            (Mood::TemplateRefused, Vendor::Tencent) => ("FailedOperation.TemplateIncorrectOrUnapproved", "template"),
            (Mood::TemplateRefused, Vendor::Huawei) => ("E200018", "channel mismatch"),
            (Mood::NumberRefused, Vendor::Aliyun) => ("isv.MOBILE_NUMBER_ILLEGAL", "number"),
            (Mood::NumberRefused, Vendor::Tencent) => ("InvalidParameterValue.IncorrectPhoneNumber", "number"),
            (Mood::NumberRefused, Vendor::Huawei) => ("E200024", "number"),
            (Mood::RateLimit, Vendor::Http) => ("rate", ""),
            (Mood::Balance, Vendor::Http) => ("balance", ""),
            (Mood::TemplateRefused, Vendor::Http) => ("template", ""),
            (Mood::NumberRefused, Vendor::Http) => ("number", ""),
            (Mood::Unavailable | Mood::Garbage | Mood::Silent, _) => ("", ""),
        }
    }

    fn signature_is_right(&self, request: &Request) -> bool {
        match self.vendor {
            Vendor::Aliyun => signatures::aliyun(request, SECRET),
            Vendor::Tencent => signatures::tencent(request, SECRET),
            Vendor::Huawei => signatures::huawei(request, SECRET),
            Vendor::Http => signatures::header(request, "authorization") == format!("Bearer {SECRET}"),
        }
    }
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let standin = &self.0;
        *standin.asked.lock().unwrap() += 1;
        if !standin.signature_is_right(request) {
            *standin.forged.lock().unwrap() += 1;
            return match standin.vendor {
                Vendor::Aliyun => standin.no("SignatureDoesNotMatch", "signature"),
                Vendor::Tencent => standin.no("AuthFailure.SignatureFailure", "signature"),
                Vendor::Huawei => standin.no("E000101", "authentication failed"),
                Vendor::Http => standin.no("auth", "who are you"),
            };
        }
        let mood = standin.moods.lock().unwrap().pop_front();
        let take = || {
            let mut taken = standin.taken.lock().unwrap();
            let id = format!("{:?}-{}", standin.vendor, taken.len() + 1);
            taken.push(standin.message(request, id.clone()));
            standin.times.lock().unwrap().push(Instant::now());
            id
        };
        match mood {
            None => ResponseTemplate::new(200).set_body_json(standin.yes(&take())),
            Some(Mood::Silent) => {
                let id = take();
                ResponseTemplate::new(200).set_body_json(standin.yes(&id)).set_delay(Duration::from_secs(20))
            }
            Some(Mood::Unavailable) => ResponseTemplate::new(503).set_body_string("busy"),
            Some(Mood::Garbage) => {
                take();
                ResponseTemplate::new(200).set_body_string("<html>please sign in</html>")
            }
            Some(mood) => {
                let (code, message) = standin.code(mood);
                standin.no(code, message)
            }
        }
    }
}
