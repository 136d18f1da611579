#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
//! One binary for all tests that need the whole program: `api` (by resource), `stories` (simulated months), `storage`,
//! `scheduler`, `commands` (the real binary), `repository` (guards of the sources themselves). Each runs on SQLite and on PostgreSQL.

#[allow(dead_code, unused_imports, reason = "the harness offers more than the tests of a moment use")]
mod support;

mod api;
mod commands;
mod counterparts;
mod failures;
mod messaging;
mod repository;
mod scheduler;
mod storage;
mod stories;
