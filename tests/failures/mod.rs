//! What must survive a crash: the real program as a process of its own, killed, doubled, without disk, without database.

mod database_restart;
mod disk_full;
mod gateway;
mod killed;
mod program;
#[cfg(feature = "documents")]
mod sealing;
