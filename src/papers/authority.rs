//! Time stamp authorities (RFC 3161), asked in turn. Jobs ask them, on a thread where waiting is allowed.

use crate::app::App;
use crate::problem::{Fault, Outcome};

/// A sealed file with the time stamp of the first authority that answers.
///
/// # Errors
/// What the last one said, or that there is none.
pub fn stamp_in_turn(app: &App, file: &[u8]) -> Outcome<Vec<u8>> {
    let mut last = Fault::internal("no authority");
    for authority in &app.config.papers.timestamp_authorities {
        let question = app.press.stamp_question(file)?;
        let answered = ask(app, authority, question.request.clone());
        match answered.and_then(|answer| app.press.stamped(file.to_vec(), &question, &answer)) {
            Ok(stamped) => return Ok(stamped),
            Err(fault) => last = Fault::Unavailable(format!("{authority}: {fault}")),
        }
    }
    Err(last)
}

fn ask(app: &App, authority: &str, request: Vec<u8>) -> Outcome<Vec<u8>> {
    let seconds = app.config.papers.timestamp_timeout_seconds;
    let unreachable = |error: reqwest::Error| Fault::Unavailable(error.without_url().to_string());
    let asked = app
        .http
        .post(authority)
        .header("content-type", "application/timestamp-query")
        .timeout(std::time::Duration::from_secs(seconds))
        .body(request);
    tokio::runtime::Handle::current().block_on(async {
        let answer = asked.send().await.and_then(reqwest::Response::error_for_status).map_err(unreachable)?;
        Ok(answer.bytes().await.map_err(unreachable)?.to_vec())
    })
}
