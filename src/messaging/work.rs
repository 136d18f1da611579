//! One round of the messaging worker: sweep, read what came in, deliver what is due.

use tokio::task::spawn_blocking;

use super::deliver::{GoOn, deliver};
use super::inbound::{Meanings, interpret};
use super::sweep::{Swept, sweep};
use crate::app::App;
use crate::problem::{Fault, Outcome};

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub swept: Swept,
    pub interpreted: usize,
    pub handed_over: usize,
}

/// Does one round; several workers may do theirs at the same time. What one step could not do keeps no other from its work.
///
/// `go_on` is asked before each batch of messages; saying no ends the round with what is in flight recorded.
/// Answers to replies are posted while interpreting, so they go out in the same round.
pub async fn round(app: &App, holder: &str, meanings: Meanings, go_on: &GoOn<'_>) -> Outcome<Round> {
    let worker = app.clone();
    let (swept, interpreted) = spawn_blocking(move || {
        let now = worker.clock.now();
        (sweep(&worker, now), interpret(&worker, &meanings, now))
    })
    .await
    .map_err(Fault::internal)?;
    let handed_over = deliver(app, holder, go_on).await;
    Ok(Round { swept: swept?, interpreted: interpreted?, handed_over: handed_over? })
}
