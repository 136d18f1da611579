use diesel::prelude::*;
use xiangban::duties::{self, ClosedHow, DutyKind, NewDuty, Owed, Subject, remind};
use xiangban::identity::PostKind;
use xiangban::storage::schema::{posts, reminders};

use crate::on_both;
use crate::support::{County, TestApp, VILLAGE};

const SUBJECT: Subject = Subject { kind: "contact_obligation", id: 1 };

fn owe(t: &TestApp, county: &County, owed_by: Owed, kind: DutyKind, due_in_days: i64) {
    let now = t.now();
    let new = NewDuty {
        kind,
        subject: SUBJECT,
        child_id: Some(county.child),
        area_code: VILLAGE.into(),
        owed_by,
        due_at: now.plus_days(due_in_days),
        audience: vec![("other_parent", county.mother)],
    };
    assert!(t.app.store.write(|tx| duties::open(tx, now, &new)).unwrap().is_some());
    assert!(t.app.store.write(|tx| duties::open(tx, now, &new)).unwrap().is_none(), "the same duty is open once");
}

fn run(t: &TestApp) -> usize {
    remind(&t.app.store, &t.app.config.ladders, t.now()).unwrap().reminders
}

fn told(t: &TestApp) -> Vec<(i64, i64)> {
    t.app
        .store
        .read(|conn| {
            Ok(reminders::table.select((reminders::stage, reminders::person_id)).order(reminders::id).load(conn)?)
        })
        .unwrap()
}

on_both! {
    async fn a_missed_contact_climbs_its_ladder_one_person_at_a_time(t: TestApp) {
        let c = t.county();
        owe(&t, &c, Owed::Person(c.father), DutyKind::ContactChild, 7);
        assert_eq!(run(&t), 0);
        t.pass_days(7);
        assert_eq!(run(&t), 1);
        assert_eq!(run(&t), 0, "twice gives nothing the second time");
        t.pass_days(3);
        assert_eq!(run(&t), 2);
        t.pass_days(4);
        assert_eq!(run(&t), 2);
        t.pass_days(14);
        assert_eq!(run(&t), 2);
        assert_eq!(
            told(&t),
            [(0, c.father), (1, c.father), (1, c.mother), (2, c.father), (2, c.director), (3, c.director), (3, c.supervisor)]
        );
    }

    async fn after_weeks_down_only_the_latest_stage_is_told(t: TestApp) {
        let c = t.county();
        owe(&t, &c, Owed::Person(c.father), DutyKind::ContactChild, 7);
        t.pass_days(40);
        assert_eq!(run(&t), 2);
        assert_eq!(told(&t), [(3, c.director), (3, c.supervisor)]);
    }

    async fn a_duty_that_was_met_tells_nobody(t: TestApp) {
        let c = t.county();
        owe(&t, &c, Owed::Person(c.father), DutyKind::ContactChild, 7);
        let now = t.now();
        let closed = t
            .app
            .store
            .write(|tx| duties::close(tx, now, DutyKind::ContactChild, SUBJECT, Owed::Person(c.father), ClosedHow::Met))
            .unwrap();
        assert!(closed);
        t.pass_days(30);
        assert_eq!(run(&t), 0);
    }

    async fn a_village_without_a_director_passes_its_duties_to_the_township(t: TestApp) {
        let c = t.county();
        owe(&t, &c, Owed::Post(PostKind::VillageDirector), DutyKind::ReconfirmRecord, 0);
        let yesterday = t.today().pred_opt().unwrap();
        t.app
            .store
            .write(|tx| {
                diesel::update(posts::table.filter(posts::person_id.eq(c.director))).set(posts::until.eq(yesterday)).execute(tx)?;
                Ok(())
            })
            .unwrap();
        assert_eq!(run(&t), 1);
        assert_eq!(told(&t), [(0, c.supervisor)]);
    }

    async fn two_processes_at_once_tell_everybody_once(t: TestApp) {
        let c = t.county();
        for id in 0..50 {
            let now = t.now();
            let new = NewDuty {
                kind: DutyKind::ContactChild,
                subject: Subject { kind: "contact_obligation", id },
                child_id: Some(c.child),
                area_code: VILLAGE.into(),
                owed_by: Owed::Person(c.father),
                due_at: now,
                audience: vec![],
            };
            t.app.store.write(|tx| duties::open(tx, now, &new)).unwrap();
        }
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (app, now) = (t.app.clone(), t.now());
                std::thread::spawn(move || remind(&app.store, &app.config.ladders, now).map(|done| done.reminders))
            })
            .collect();
        let made: usize = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).sum();
        assert_eq!(made, 50);
        assert_eq!(told(&t).len(), 50);
    }
}
