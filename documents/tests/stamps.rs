#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
//! Time stamps, with openssl in the part of the authority: RSA and P-256, stamped, broken, answered for something else.

use std::path::{Path, PathBuf};
use std::process::Command;

use xiangban_documents::stamp::{Question, StampError};
use xiangban_documents::{
    Finding, Fonts, Seal, SealFacts, Sheet, Templates, Typesetter, certificates, check, demo, qr,
};

const SETTINGS: &str = "
[tsa]
default_tsa = here
[here]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[req]
distinguished_name = name
x509_extensions = stamping
prompt = no
[name]
CN = Test time stamp authority
[stamping]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
basicConstraints = critical, CA:false
";

/// An authority in a folder of its own.
struct Authority(PathBuf);

impl Authority {
    fn new(name: &str, key: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("xiangban_tsa_{name}_{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("settings"), SETTINGS).unwrap();
        std::fs::write(folder.join("serial"), "01\n").unwrap();
        let mut arguments =
            vec!["req", "-x509", "-nodes", "-days", "3650", "-config", "settings", "-keyout", "key", "-out", "root"];
        arguments.extend(key);
        openssl(&folder, &arguments);
        Self(folder)
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        std::fs::write(self.0.join("request"), request).unwrap();
        openssl(
            &self.0,
            &[
                "ts",
                "-reply",
                "-config",
                "settings",
                "-section",
                "here",
                "-queryfile",
                "request",
                "-signer",
                "root",
                "-inkey",
                "key",
                "-out",
                "answer",
            ],
        );
        std::fs::read(self.0.join("answer")).unwrap()
    }

    fn root(&self) -> String {
        std::fs::read_to_string(self.0.join("root")).unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn sealed() -> (Vec<u8>, String) {
    let typesetter = Typesetter::new(Fonts::find(&[]).unwrap(), Templates::open(None).unwrap());
    let mut data: serde_json::Value = serde_json::from_str(include_str!("../examples/agreement.json")).unwrap();
    data["mark"]["qr"] = serde_json::json!(qr::svg("https://example.test/check").unwrap());
    let (key, chain) = demo::key_and_chain().unwrap();
    let facts = SealFacts {
        at: "D:20260302090000+08'00'".into(),
        name: "演示".into(),
        reason: "各方已全部签署".into(),
        reserve: 16_384,
    };
    let seal = Seal::from_pem(&key, &chain).unwrap();
    (seal.seal(&typesetter.typeset(Sheet::Agreement, &data).unwrap(), &facts).unwrap(), chain)
}

#[test]
fn a_stamped_seal_tells_its_time_and_what_is_signed_stays_as_it_was() {
    let (file, chain) = sealed();
    let now = certificates::moment(1_772_413_200).unwrap();
    for authority in [
        Authority::new("rsa", &["-newkey", "rsa:2048"]),
        Authority::new("p256", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]),
    ] {
        let question = Question::about(&file, [7; 8]).unwrap();
        let answer = authority.answer(&question.request().unwrap());
        let stamped = question.stamped(file.clone(), &answer).unwrap();
        assert_eq!(stamped.len(), file.len());
        let roots = certificates::from_pem(&(chain.clone() + &authority.root())).unwrap();
        let report = check(&stamped, &roots, now);
        assert_eq!(report.findings, []);
        assert_eq!(report.stamped_by.as_deref(), Some("Test time stamp authority"));
        assert!(report.stamped_at.is_some());
        let ours = certificates::from_pem(&chain).unwrap();
        assert_eq!(check(&stamped, &ours, now).findings, [Finding::StampNotTrusted]);
        // An answer to another question is not taken, nor one that was changed on the way.
        let other = Question::about(&file, [8; 8]).unwrap();
        assert!(matches!(other.stamped(file.clone(), &answer), Err(StampError::SomethingElse)));
        let mut broken = answer.clone();
        let last = broken.len() - 9;
        broken[last] ^= 1;
        assert!(question.stamped(file.clone(), &broken).is_err());
    }
    assert!(matches!(Question::about(b"%PDF-1.7 nothing", [7; 8]), Err(StampError::NoSeal)));
}

#[test]
fn a_stamp_that_does_not_fit_is_refused() {
    let typesetter = Typesetter::new(Fonts::find(&[]).unwrap(), Templates::open(None).unwrap());
    let mut data: serde_json::Value = serde_json::from_str(include_str!("../examples/agreement.json")).unwrap();
    data["mark"]["qr"] = serde_json::json!(qr::svg("https://example.test/check").unwrap());
    let (key, chain) = demo::key_and_chain().unwrap();
    let facts = SealFacts {
        at: "D:20260302090000+08'00'".into(),
        name: "演示".into(),
        reason: "已签署".into(),
        reserve: 2_048,
    };
    let seal = Seal::from_pem(&key, &chain).unwrap();
    let file = seal.seal(&typesetter.typeset(Sheet::Agreement, &data).unwrap(), &facts).unwrap();
    let authority = Authority::new("tight", &["-newkey", "rsa:2048"]);
    let question = Question::about(&file, [9; 8]).unwrap();
    let answer = authority.answer(&question.request().unwrap());
    assert!(matches!(question.stamped(file, &answer), Err(StampError::NoRoom)));
}
