use serde_json::json;

use crate::on_both;
use crate::support::{TOWNSHIP, VILLAGE};

on_both! {
    async fn a_supervisor_appoints_a_director_who_then_sees_the_village(t: TestApp) {
        let county = t.county();
        let supervisor = t.as_person(county.supervisor);
        let wanted = json!({"kind": "village_director", "area_code": VILLAGE, "name": "新主任", "sex": "female", "phone": "139 0000 2222"});
        let post = t.post(&supervisor, "/posts", wanted).await.expect(201);
        let posts = t.get(&supervisor, "/posts").await.expect(200);
        let held = posts["items"].as_array().unwrap().iter().find(|held| held["id"] == post["id"]).unwrap().clone();
        let areas = t.get(&t.as_person(held["person_id"].as_i64().unwrap()), "/areas").await.expect(200);
        assert_eq!(areas[0]["code"], VILLAGE);
        t.delete(&supervisor, &format!("/posts/{}", post["id"])).await.expect(204);
        assert_eq!(t.get(&t.as_person(held["person_id"].as_i64().unwrap()), "/areas").await.problem(403), "forbidden");
    }

    async fn a_supervisor_cannot_appoint_a_peer(t: TestApp) {
        let county = t.county();
        let wanted = json!({"kind": "township_supervisor", "area_code": TOWNSHIP, "name": "同级", "sex": "male", "phone": "13900002222"});
        assert_eq!(t.post(&t.as_person(county.supervisor), "/posts", wanted.clone()).await.problem(403), "forbidden");
        t.post(&t.as_person(county.administrator), "/posts", wanted).await.expect(201);
    }

    async fn bad_fields_are_named_and_their_values_never_echoed(t: TestApp) {
        let county = t.county();
        let wanted = json!({"kind": "teacher", "area_code": "1", "name": "教", "sex": "male", "phone": "x", "email": "secret-not-an-email"});
        let reply = t.post(&t.as_person(county.supervisor), "/posts", wanted).await;
        assert_eq!(reply.problem(422), "invalid_input");
        let fields: Vec<_> = reply.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["area_code", "email", "name"]);
        assert!(!String::from_utf8_lossy(&reply.bytes).contains("secret"));
    }
}
