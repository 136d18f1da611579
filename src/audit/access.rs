//! The access log: queued by requests, committed in batches, waited for, chained.

use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use super::chain;
use crate::clock::Instant;
use crate::crypto::Vault;
use crate::identity::Actor;
use crate::problem::{Fault, Outcome};
use crate::storage::Store;

const BATCH: usize = 500;

/// One read of one child's record.
#[derive(Clone, Debug)]
pub struct Access {
    pub at: Instant,
    pub person_id: i64,
    pub post: Option<String>,
    pub organisation_id: Option<i64>,
    pub child_id: i64,
    /// Which record or part: `child`, `health`, `agreement`.
    pub what: &'static str,
    /// Which of its fields: the view, where the record has several (`children::fields`).
    pub fields: Option<&'static str>,
    /// Why: the permission used.
    pub purpose: &'static str,
    /// Why, in the reader's own words; kept sealed.
    pub reason: Option<String>,
    pub from_address: Option<String>,
}

impl Access {
    pub fn of(actor: &Actor, at: Instant, child_id: i64, what: &'static str, purpose: &'static str) -> Self {
        Self {
            at,
            person_id: actor.person_id,
            post: actor.post_label(),
            organisation_id: actor.posts.iter().find_map(|post| post.organisation_id),
            child_id,
            what,
            fields: None,
            purpose,
            reason: None,
            from_address: actor.from_address.clone(),
        }
    }
}

impl Access {
    /// With the reader's own words.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    /// With the view of the record that was shown.
    #[must_use]
    pub fn showing(mut self, fields: &'static str) -> Self {
        self.fields = Some(fields);
        self
    }
}

type Entry = (Vec<Access>, oneshot::Sender<bool>);

/// Takes entries from requests and writes them in batches on a thread of its own.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Entry>,
}

impl Recorder {
    pub fn start(store: Store, vault: Arc<Vault>) -> Self {
        let (queue, entries) = mpsc::channel::<Entry>();
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_batches(&store, &vault, &entries))
            .map(|_| Self { queue })
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the access log thread did not start; reads will be refused");
                Self { queue: mpsc::channel().0 }
            })
    }

    /// Returns once the entries are committed.
    ///
    /// # Errors
    /// The log cannot be written: then the record must not be shown.
    pub async fn record(&self, entries: Vec<Access>) -> Outcome<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let (done, committed) = oneshot::channel();
        let unavailable = || Fault::Unavailable("the access log cannot be written".into());
        self.queue.send((entries, done)).map_err(|_| unavailable())?;
        if committed.await.unwrap_or(false) { Ok(()) } else { Err(unavailable()) }
    }
}

fn write_batches(store: &Store, vault: &Vault, entries: &mpsc::Receiver<Entry>) {
    while let Ok(first) = entries.recv() {
        let mut size = first.0.len();
        let mut batch = vec![first];
        while size < BATCH {
            let Ok(next) = entries.try_recv() else { break };
            size += next.0.len();
            batch.push(next);
        }
        let outcome = store.write(|tx| {
            let mut head = chain::take(tx)?;
            for access in batch.iter().flat_map(|(accesses, _)| accesses) {
                chain::append(tx, vault, &mut head, access)?;
            }
            chain::put_back(tx, &head)
        });
        if let Err(error) = &outcome {
            tracing::error!(%error, "the access log could not be written");
        }
        for (_, done) in batch {
            // A request that was given up no longer waits.
            let _ = done.send(outcome.is_ok());
        }
    }
}
