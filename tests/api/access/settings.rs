use actix_web::http::Method;

use super::{Role::*, Row};

pub fn rows() -> Vec<Row> {
    let offices: &[super::Role] = &[Administrator, Supervisor];
    vec![
        Row::new("get_settings", Method::GET, "/settings", offices),
        Row::new("list_message_templates", Method::GET, "/message-templates", offices),
        Row::new("preview_message", Method::POST, "/message-templates/previews", offices)
            .body(r#"{"template": "code/sign_in", "facts": "usual"}"#),
    ]
}
