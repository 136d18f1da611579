use actix_web::http::Method;

use super::{EVERYONE, Role::*, Row, STAFF};

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("request_sign_in_code", Method::POST, "/sign-in-codes", EVERYONE).body(r#"{"phone": "13900000009"}"#).public(),
        Row::new("sign_in", Method::POST, "/sessions", EVERYONE).body(r#"{"method": "nothing"}"#).public(),
        Row::new("refresh_session", Method::POST, "/sessions/refresh", EVERYONE).body(r#"{"refresh_token": ""}"#).public(),
        Row::new("set_up_second_factor", Method::PUT, "/second-factor", EVERYONE).body(r#"{"login": "", "password": ""}"#).public(),
        Row::new("list_sessions", Method::GET, "/sessions", EVERYONE),
        Row::new("end_session", Method::DELETE, "/sessions/1", &[]),
        Row::new("get_me", Method::GET, "/me", EVERYONE),
        Row::new("resume_email_reminders", Method::DELETE, "/me/email-stop", EVERYONE),
        Row::new("link_wechat", Method::PUT, "/me/wechat", EVERYONE).body(r#"{"code": ""}"#),
        Row::new("list_organisations", Method::GET, "/organisations", STAFF),
        Row::new("create_organisation", Method::POST, "/organisations", &[Administrator, Supervisor])
            .body(r#"{"kind": "school", "name": "石板小学", "area_code": "{township}"}"#),
        Row::new("list_posts", Method::GET, "/posts", STAFF),
        Row::new("appoint", Method::POST, "/posts", &[Administrator, Supervisor]).body(
            r#"{"kind": "resident_cadre", "area_code": "{village}", "name": "新干部", "sex": "male", "phone": "13900001111"}"#,
        ),
        Row::new("end_post", Method::DELETE, "/posts/{director_post}", &[Administrator, Supervisor]).scene(|t, c| {
            Box::pin(async move {
                let posts = t.get(&t.as_person(c.supervisor), "/posts").await.expect(200);
                let post = posts["items"].as_array().unwrap().iter().find(|post| post["person_id"] == c.director).unwrap();
                vec![("{director_post}", post["id"].to_string())]
            })
        }),
        Row::new("open_account", Method::POST, "/posts/{director_post}/account", &[Administrator, Supervisor])
            .body(r#"{"login": "lizhuren", "password": "three plain words"}"#)
            .scene(|t, c| {
                Box::pin(async move {
                    let posts = t.get(&t.as_person(c.supervisor), "/posts").await.expect(200);
                    let post = posts["items"].as_array().unwrap().iter().find(|post| post["person_id"] == c.director).unwrap();
                    vec![("{director_post}", post["id"].to_string())]
                })
            }),
    ]
}
