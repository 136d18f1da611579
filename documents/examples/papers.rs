#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool that may stop"
)]
//! Makes sealed sample papers to look at and to check with others' tools, and measures.
//!
//! `papers FOLDER` writes `agreement.pdf`, sealed with a new demo key, and `root.pem`.
//! `papers FOLDER COUNT` makes so many agreements one after the other, each with another name, and tells how long each
//! took and how much memory the process holds at the beginning and at the end.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};
use xiangban_documents::{Fonts, Seal, SealFacts, Sheet, Templates, Typesetter, demo, qr};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder to write to"));
    let count: usize = arguments.next().map_or(1, |count| count.parse().expect("a number"));
    std::fs::create_dir_all(&folder).unwrap();
    let (key, chain) = demo::key_and_chain().unwrap();
    let seal = Seal::from_pem(&key, &chain).unwrap();
    let typesetter = Typesetter::new(Fonts::find(&[]).unwrap(), Templates::open(None).unwrap());
    let root =
        chain.find("-----BEGIN CERTIFICATE-----").and_then(|first| chain[first + 1..].find("-----BEGIN")).unwrap();
    std::fs::write(folder.join("root.pem"), &chain[root + 1..]).unwrap();
    let file = one(&typesetter, &seal, 0);
    std::fs::write(folder.join("agreement.pdf"), &file).unwrap();
    println!("agreement.pdf: {} bytes", file.len());
    if count > 1 {
        measure(&typesetter, &seal, count);
    }
}

fn measure(typesetter: &Typesetter, seal: &Seal, count: usize) {
    let (begin, memory, mut bytes) = (Instant::now(), resident_kilobytes(), 0);
    for number in 1..=count {
        bytes += one(typesetter, seal, number).len();
        if number % count.div_ceil(10) == 0 {
            println!("{number}: {} kB resident", resident_kilobytes());
        }
    }
    let each = begin.elapsed().as_secs_f64() * 1000.0 / count as f64;
    println!("{count} agreements: {each:.2} ms and {} bytes each", bytes / count);
    println!("resident: {memory} kB before, {} kB after", resident_kilobytes());
}

fn one(typesetter: &Typesetter, seal: &Seal, number: usize) -> Vec<u8> {
    let mut data: Value = serde_json::from_str(include_str!("agreement.json")).unwrap();
    let quoted = format!("WT-2026-{:06}", number + 17);
    data["head"][0] = json!(format!("协议编号：{quoted}    第1版"));
    data["mark"]["number"] = json!(quoted);
    data["mark"]["qr"] = json!(qr::svg(&format!("https://example.test/check/{quoted}/ab12cd34")).unwrap());
    for (index, signer) in data["signers"].as_array_mut().unwrap().iter_mut().enumerate() {
        signer["ink"] = json!(ink(number + index));
        signer["signed"] = json!("2026年3月2日 09:10");
        signer["how"] = json!("本人手机签字，短信验证码");
    }
    let file = typesetter.typeset(Sheet::Agreement, &data).unwrap();
    let facts = SealFacts {
        at: "D:20260302091500+08'00'".into(),
        name: seal.name(),
        reason: "委托照护协议各方已全部签署".into(),
        reserve: 16_384,
    };
    seal.seal(&file, &facts).unwrap()
}

/// Strokes of some forty points, other ones for each number.
fn ink(seed: usize) -> String {
    let point = |i: usize| format!("L{} {}", 40 + i * 12, 60 + (i * i * (seed % 7 + 3)) % 170);
    let line: String = (0..40).map(point).collect();
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" fill="none" stroke="black" stroke-width="5" stroke-linecap="round"><path d="M40 60{line}"/></svg>"#
    )
}

fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
