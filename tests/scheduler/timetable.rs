use std::sync::atomic::{AtomicUsize, Ordering};

use xiangban::scheduler::{Job, Lease, Times, run_due};
use xiangban::timetable::JOBS;

use crate::on_both;

on_both! {
    async fn one_leads_and_another_takes_over_when_the_lease_is_over(t: TestApp) {
        let now = t.now();
        let store = &t.app.store;
        let first = Lease::take_or_renew(store, "timetable", "a", now, 30).unwrap().unwrap();
        assert_eq!(first.term, 1);
        assert_eq!(Lease::take_or_renew(store, "timetable", "b", now.plus_seconds(29), 30).unwrap(), None);
        assert_eq!(Lease::take_or_renew(store, "timetable", "a", now.plus_seconds(29), 30).unwrap().unwrap().term, 1);
        let second = Lease::take_or_renew(store, "timetable", "b", now.plus_seconds(60), 30).unwrap().unwrap();
        assert_eq!(second.term, 2, "a new holder gets a higher term");
        assert_eq!(Lease::take_or_renew(store, "timetable", "a", now.plus_seconds(61), 30).unwrap(), None);
        second.release(store, now.plus_seconds(62)).unwrap();
        assert_eq!(Lease::take_or_renew(store, "timetable", "a", now.plus_seconds(62), 30).unwrap().unwrap().term, 3);
    }

    async fn of_many_that_try_at_once_one_leads(t: TestApp) {
        let now = t.now();
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let store = t.app.store.clone();
                std::thread::spawn(move || Lease::take_or_renew(&store, "timetable", &format!("p{n}"), now, 30).unwrap().is_some())
            })
            .collect();
        assert_eq!(threads.into_iter().filter(|_| true).map(|thread| thread.join().unwrap()).filter(|leads| *leads).count(), 1);
    }

    async fn a_job_runs_once_for_each_time_and_once_for_all_it_missed(t: TestApp) {
        static RAN: AtomicUsize = AtomicUsize::new(0);
        let before = RAN.load(Ordering::SeqCst);
        let jobs = [Job {
            name: "counted",
            cron: "0 0 7 * * *",
            why: "to be counted",
            run: |_, _| {
                RAN.fetch_add(1, Ordering::SeqCst);
                Ok(String::new())
            },
        }];
        let mut ran = 0;
        let mut tick = || {
            ran += run_due(&t.app, &jobs, t.now()).unwrap().len();
            ran
        };
        assert_eq!(tick(), 0, "seven o'clock of the first day was over before anybody knew the job");
        t.pass_days(1);
        assert_eq!(tick(), 1);
        assert_eq!(tick(), 1, "twice in the same hour is once");
        t.pass_days(9);
        assert_eq!(tick(), 2, "nine missed mornings are one run");
        t.pass_days(-5);
        assert_eq!(tick(), 2, "a clock set back runs nothing again");
        assert!(RAN.load(Ordering::SeqCst) >= before + 2);
    }

    async fn a_job_that_fails_is_tried_again(t: TestApp) {
        let jobs = [Job {
            name: "failing",
            cron: "0 0 7 * * *",
            why: "to fail",
            run: |_, _| Err(xiangban::problem::Fault::Internal("on purpose".into())),
        }];
        run_due(&t.app, &jobs, t.now()).unwrap();
        t.pass_days(1);
        assert!(run_due(&t.app, &jobs, t.now()).unwrap().is_empty());
        let mended = [Job { run: |_, _| Ok(String::new()), name: "failing", cron: "0 0 7 * * *", why: "to succeed" }];
        assert_eq!(run_due(&t.app, &mended, t.now()).unwrap(), ["failing"]);
    }
}

#[test]
fn every_job_has_a_name_of_its_own_a_readable_time_and_a_reason() {
    let mut names = std::collections::BTreeSet::new();
    for job in JOBS {
        assert!(names.insert(job.name), "{} twice", job.name);
        assert!(job.cron.parse::<Times>().is_ok(), "{}: {}", job.name, job.cron);
        assert!(!job.why.is_empty());
    }
}
