//! The access log: queued by requests, committed in batches, waited for.

use std::sync::mpsc;

use diesel::prelude::*;
use tokio::sync::oneshot;

use crate::clock::Instant;
use crate::identity::Actor;
use crate::problem::{Fault, Outcome};
use crate::storage::schema::access_log;
use crate::storage::{Conn, Store};

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
    /// Why: the permission used, or the reason given.
    pub purpose: String,
    pub from_address: Option<String>,
}

impl Access {
    pub fn of(actor: &Actor, at: Instant, child_id: i64, what: &'static str, purpose: &str) -> Self {
        Self {
            at,
            person_id: actor.person_id,
            post: actor.post_label(),
            organisation_id: actor.posts.iter().find_map(|post| post.organisation_id),
            child_id,
            what,
            purpose: purpose.to_owned(),
            from_address: actor.from_address.clone(),
        }
    }
}

type Entry = (Vec<Access>, oneshot::Sender<bool>);

/// Takes entries from requests and writes them in batches on a thread of its own.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Entry>,
}

impl Recorder {
    pub fn start(store: Store) -> Self {
        let (queue, entries) = mpsc::channel::<Entry>();
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_batches(&store, &entries))
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

fn write_batches(store: &Store, entries: &mpsc::Receiver<Entry>) {
    while let Ok(first) = entries.recv() {
        let mut size = first.0.len();
        let mut batch = vec![first];
        while size < BATCH {
            let Ok(next) = entries.try_recv() else { break };
            size += next.0.len();
            batch.push(next);
        }
        let outcome =
            store.write(|tx| batch.iter().flat_map(|(accesses, _)| accesses).try_for_each(|access| insert(tx, access)));
        if let Err(error) = &outcome {
            tracing::error!(%error, "the access log could not be written");
        }
        for (_, done) in batch {
            // A request that was given up no longer waits.
            let _ = done.send(outcome.is_ok());
        }
    }
}

fn insert(tx: &mut Conn, access: &Access) -> Outcome<()> {
    diesel::insert_into(access_log::table)
        .values((
            access_log::at.eq(access.at),
            access_log::person_id.eq(access.person_id),
            access_log::post.eq(&access.post),
            access_log::organisation_id.eq(access.organisation_id),
            access_log::child_id.eq(access.child_id),
            access_log::what.eq(access.what),
            access_log::purpose.eq(&access.purpose),
            access_log::from_address.eq(&access.from_address),
        ))
        .execute(tx)?;
    Ok(())
}
