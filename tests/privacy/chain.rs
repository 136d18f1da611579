//! The access log tells of what is missing.

use std::sync::Arc;

use diesel::prelude::*;
use xiangban::audit::{Access, Head, Recorder, Tampering, Verdict, verify};
use xiangban::storage::Store;
use xiangban::storage::schema::{access_log, chains};

use crate::on_both;
use crate::support::{County, TestApp};

async fn read_often(t: &TestApp, c: &County, times: usize) {
    for _ in 0..times {
        t.get(&t.as_person(c.director), &format!("/children/{}", c.child)).await.expect(200);
    }
}

fn verdict(t: &TestApp, anchor: Option<&Head>) -> Verdict {
    verify(&t.app.store, &t.app.vault, anchor, |_| {}).unwrap()
}

on_both! {
    async fn an_entry_that_was_altered_removed_or_slipped_in_is_found(t: TestApp) {
        let c = t.county();
        read_often(&t, &c, 6).await;
        let whole = verdict(&t, None);
        assert_eq!((whole.head.length, whole.tampering.len()), (6, 0));
        let write = |work: &dyn Fn(&mut xiangban::storage::Conn)| t.app.store.write(|tx| { work(tx); Ok(()) }).unwrap();
        write(&|tx| { diesel::update(access_log::table.filter(access_log::place.eq(4))).set(access_log::person_id.eq(1)).execute(tx).unwrap(); });
        assert_eq!(verdict(&t, None).tampering, [Tampering::Altered { place: 4 }]);
        write(&|tx| { diesel::delete(access_log::table.filter(access_log::place.eq(4))).execute(tx).unwrap(); });
        assert_eq!(verdict(&t, None).tampering, [Tampering::Missing { first: 4, last: 4 }]);
        write(&|tx| { diesel::update(access_log::table.filter(access_log::place.eq(2))).set(access_log::place.eq(None::<i64>)).execute(tx).unwrap(); });
        let found = verdict(&t, None).tampering;
        assert!(found.contains(&Tampering::Missing { first: 2, last: 2 }) && found.contains(&Tampering::Unchained { more: 1 }), "{found:?}");
    }

    async fn entries_cut_off_the_end_are_found_with_an_anchor(t: TestApp) {
        let c = t.county();
        read_often(&t, &c, 5).await;
        let anchor = verdict(&t, None).head;
        read_often(&t, &c, 1).await;
        assert!(verdict(&t, Some(&anchor)).tampering.is_empty(), "an older anchor holds");
        t.app.store.write(|tx| {
            diesel::delete(access_log::table.filter(access_log::place.gt(3))).execute(tx)?;
            Ok(())
        }).unwrap();
        assert_eq!(verdict(&t, None).tampering, [Tampering::Missing { first: 4, last: 6 }]);
        t.app.store.write(|tx| {
            let hash: Option<String> = access_log::table.filter(access_log::place.eq(3)).select(access_log::hash).first(tx)?;
            diesel::update(chains::table).set((chains::length.eq(3), chains::head.eq(hash.unwrap()))).execute(tx)?;
            Ok(())
        }).unwrap();
        assert!(verdict(&t, None).tampering.is_empty(), "the chain alone does not tell");
        assert_eq!(verdict(&t, Some(&anchor)).tampering, [Tampering::AnchorDiffers]);
    }

    async fn two_servers_write_one_chain(t: TestApp) {
        let c = t.county();
        let other = Store::open(&t.app.config.database).unwrap();
        let recorders = [t.app.access_log.clone(), Recorder::start(other, Arc::clone(&t.app.vault))];
        let entry = Access {
            at: t.now(), person_id: c.director, post: None, organisation_id: None, child_id: c.child,
            what: "child", fields: None, purpose: "children.read", reason: Some("两台服务器".into()), from_address: None,
        };
        let writes = (0..60).map(|number| recorders[number % 2].record(vec![entry.clone(), entry.clone()]));
        for done in futures::future::join_all(writes).await {
            done.unwrap();
        }
        let whole = verdict(&t, None);
        assert_eq!((whole.head.length, whole.tampering), (120, Vec::new()));
    }
}
