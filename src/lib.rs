//! Xiangban 相伴: looking after left-behind children and children in difficulty, in reading order.

pub mod answers;
pub mod app;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod operations;
pub mod problem;
pub mod reconcile;
pub mod rehearsal;
pub mod routes;
pub mod screens;
pub mod text_enum;
pub mod text_list;
pub mod timetable;
pub mod words;
pub mod worker;

pub mod areas;
pub mod audit;
pub mod crypto;
pub mod http;
pub mod identity;
pub mod papers;
pub mod storage;
pub mod wording;

pub mod duties;
pub mod messaging;
pub mod scheduler;

pub mod children;
pub mod consent;
pub mod contact;
pub mod guardianship;
pub mod insight;
pub mod letters;
pub mod links;
pub mod oversight;
pub mod protection;
pub mod settings;
pub mod volunteers;
