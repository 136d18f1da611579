//! A lease: one holder at a time, for a term. A new holder gets a higher term; the old one notices.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::problem::Outcome;
use crate::storage::schema::leases;
use crate::storage::{Store, insert_once};

/// The right to lead, held by one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: &'static str,
    pub term: i64,
}

impl Lease {
    /// Takes the lease when it is free or over, renews it when it is ours; `None` while another holds it.
    pub fn take_or_renew(
        store: &Store,
        name: &'static str,
        holder: &str,
        now: Instant,
        seconds: i64,
    ) -> Outcome<Option<Self>> {
        let until = now.plus_seconds(seconds);
        store.write(|tx| {
            let renewed: Option<i64> = diesel::update(
                leases::table
                    .filter(leases::name.eq(name))
                    .filter(leases::holder.eq(holder))
                    .filter(leases::expires_at.gt(now)),
            )
            .set(leases::expires_at.eq(until))
            .returning(leases::term)
            .get_result(tx)
            .optional()?;
            if let Some(term) = renewed {
                return Ok(Some(Self { name, term }));
            }
            let taken: Option<i64> =
                diesel::update(leases::table.filter(leases::name.eq(name)).filter(leases::expires_at.le(now)))
                    .set((leases::holder.eq(holder), leases::term.eq(leases::term + 1), leases::expires_at.eq(until)))
                    .returning(leases::term)
                    .get_result(tx)
                    .optional()?;
            if let Some(term) = taken {
                return Ok(Some(Self { name, term }));
            }
            let first = insert_once(tx, |tx| {
                diesel::insert_into(leases::table)
                    .values((
                        leases::name.eq(name),
                        leases::holder.eq(holder),
                        leases::term.eq(1),
                        leases::expires_at.eq(until),
                    ))
                    .execute(tx)
            })?;
            Ok(first.map(|_| Self { name, term: 1 }))
        })
    }

    /// Gives the lease back, so that another need not wait for its end.
    pub fn release(&self, store: &Store, now: Instant) -> Outcome<()> {
        store.write(|tx| {
            diesel::update(leases::table.filter(leases::name.eq(self.name)).filter(leases::term.eq(self.term)))
                .set(leases::expires_at.eq(now))
                .execute(tx)?;
            Ok(())
        })
    }
}
