//! One binary for all tests that need the whole program: `api` (by resource), `stories` (simulated months), `storage`,
//! `scheduler`, `repository` (guards of the sources themselves). Each runs on SQLite and on PostgreSQL.

mod support;

mod api;
mod repository;
mod scheduler;
mod storage;
