//! The screens: whether they are built or not, the browser gets a page, never a riddle.

use crate::support::{Engine, TestApp};

#[actix_web::test]
async fn the_bare_address_leads_on() {
    let t = TestApp::new(Engine::Sqlite);
    let page = t.get(&t.stranger(), "//").await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    let text = String::from_utf8(page.bytes).unwrap();
    for way in ["/console/", "/m/", "/api/docs/"] {
        assert!(text.contains(&format!("href=\"{way}\"")), "no way to {way}");
    }
}

#[actix_web::test]
async fn a_screen_is_served_or_says_how_to_build_it() {
    let t = TestApp::new(Engine::Sqlite);
    for mount in ["//console/", "//console/children/7", "//m/"] {
        let page = t.get(&t.stranger(), mount).await;
        let text = String::from_utf8(page.bytes).unwrap();
        assert!(page.content_type.starts_with("text/html"), "{mount}");
        assert!(page.status == 200 || (page.status == 503 && text.contains("make web")), "{mount}: {}", page.status);
    }
    assert_eq!(t.get(&t.stranger(), "//console").await.status, 307);
}
