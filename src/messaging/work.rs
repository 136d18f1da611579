//! One round of the messaging worker: sweep, read what came in, deliver what is due.

use tokio::task::spawn_blocking;

use super::deliver::{GoOn, deliver};
use super::inbound::{Answers, interpret};
use super::sweep;
use crate::app::App;
use crate::problem::{Fault, Outcome};

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub swept: sweep::Swept,
    pub interpreted: usize,
    pub handed_over: usize,
}

/// Does one round; several workers may do theirs at the same time.
///
/// `go_on` is asked before each batch of messages; saying no ends the round with what is in flight recorded.
/// Answers to replies are posted while interpreting, so they go out in the same round.
pub async fn round(app: &App, holder: &str, answers: Answers, go_on: &GoOn<'_>) -> Outcome<Round> {
    let worker = app.clone();
    let (swept, interpreted) = spawn_blocking(move || {
        let now = worker.clock.now();
        Ok::<_, Fault>((sweep::sweep(&worker, now)?, interpret(&worker, answers, now)?))
    })
    .await
    .map_err(Fault::internal)??;
    Ok(Round { swept, interpreted, handed_over: deliver(app, holder, go_on).await? })
}
