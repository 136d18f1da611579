//! What must not lie open does not: in the database, in a backup, in the logs; and forged tokens open nothing.

mod chain;
mod keys;
mod leaks;
mod tokens;
