//! The harness: the program on a fresh database of either kind, with a clock that stands where the test puts it.
//!
//! `on_both! { async fn name(app: TestApp) { … } }` makes `name::sqlite` and `name::postgresql`.

mod county;
mod database;
mod http;

pub use county::{COUNTY, County, TOWNSHIP, VILLAGE, VILLAGE_B};
pub use database::{Engine, TestDatabase, config as database_config};
pub use http::{Caller, Reply};

use chrono::NaiveDate;
use xiangban::app::App;
use xiangban::clock::{Clock, Instant};
use xiangban::config::Config;

/// The program under test.
pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    database: database::TestDatabase,
}

impl TestApp {
    /// A fresh, migrated, empty database; the clock stands at Monday 2 March 2026, 09:00 in Shanghai.
    pub fn new(engine: Engine) -> Self {
        Self::with(engine, |_| {})
    }

    /// As [`TestApp::new`], with other settings.
    pub fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let database = database::TestDatabase::create(engine);
        let mut config = Config::load(None).unwrap();
        config.database.url = database.url.clone();
        config.database.pool = 6;
        config.keys.file = database.folder.join("keys");
        config.papers.seal_key = database.folder.join("seal/key.pem");
        config.papers.seal_chain = database.folder.join("seal/chain.pem");
        config.identity.requests_per_second = 100_000;
        config.identity.request_burst = 100_000;
        change(&mut config);
        let clock = Clock::fixed("2026-03-02T09:00:00+08:00".parse().unwrap());
        let app = App::new(config, clock.clone()).unwrap();
        Self { app, clock, database }
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }

    /// Moves the clock forward.
    pub fn pass_days(&self, days: i64) {
        self.clock.set(self.now().plus_days(days));
    }

    pub fn pass_minutes(&self, minutes: i64) {
        self.clock.set(self.now().plus_minutes(minutes));
    }

    /// The folder with this test's files; gone with the test.
    pub fn folder(&self) -> &std::path::Path {
        &self.database.folder
    }
}

/// Declares a test that runs on both databases.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn story($app: $crate::support::TestApp) $body

                $(#[$meta])*
                #[actix_web::test]
                async fn sqlite() {
                    story($crate::support::TestApp::new($crate::support::Engine::Sqlite)).await;
                }

                $(#[$meta])*
                #[actix_web::test]
                async fn postgresql() {
                    story($crate::support::TestApp::new($crate::support::Engine::Postgresql)).await;
                }
            }
        )+
    };
}

/// An identity number with a right check digit that belongs to nobody: region 999999.
pub fn made_up_number(date: &str, order: u32) -> String {
    let body = format!("999999{date}{order:03}");
    let check = xiangban::children::identity_number::check_digit(&body).unwrap();
    format!("{body}{}", char::from(check))
}
