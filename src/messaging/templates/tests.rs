use super::*;

fn facts(pairs: &[(&str, &str)]) -> Facts {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
}

fn templates() -> Templates {
    Templates::embedded("相伴").unwrap()
}

fn weekly_call() -> Facts {
    facts(&[
        ("to", "王女士"),
        ("child", "孩子"),
        ("when", "今天到期"),
        ("helper", "村里李主任13800138000"),
        ("one", "1"),
        ("two", "2"),
        ("link", "https://xiangban.example.gov.cn/d/7"),
        ("page", "pages/duty/show?id=7"),
        ("due_date", "2026-11-23"),
        ("office", "青山镇人民政府"),
    ])
}

#[test]
fn a_parent_reads_what_to_do_and_how_to_answer() {
    let body = templates().sms("duty/contact_child/owed", &weekly_call()).unwrap();
    insta::assert_snapshot!(body, @"王女士，这周该和孩子通个话了（今天到期）。请抽空打个电话，也和照护人说几句。打过了回1，要帮忙回2，不再提醒回T。");
}

#[test]
fn a_village_director_gets_no_reply_hint() {
    let body = templates().sms("duty/contact_child/village", &weekly_call()).unwrap();
    insta::assert_snapshot!(body, @"王女士，孩子有一阵子没接到父母的电话了（今天到期）。请联系孩子父母，问问是不是有难处，再看看孩子。");
}

#[test]
fn a_code_says_what_it_is_for_and_not_to_tell_anyone() {
    let body = templates().sms("code/signing", &facts(&[("code", "482719"), ("minutes", "5")])).unwrap();
    insta::assert_snapshot!(body, @"签协议的验证码482719，5分钟内有效。请看过协议再填写，不是您要签就不要理会，也不要告诉别人。");
}

#[test]
fn an_email_has_a_subject_a_text_and_a_page() {
    let mut facts = weekly_call();
    facts.insert("count".into(), "2".into());
    facts.insert("first".into(), "王家孩子：落实帮扶措施（今天到期）".into());
    facts.insert(
        "items".into(),
        serde_json::json!(["王家孩子：落实帮扶措施（今天到期）", "陈家孩子：确认台账（还有3天）"]),
    );
    let email = templates().email("digest/staff", &facts).unwrap();
    insta::assert_snapshot!(email.subject, @"有2件事要办");
    insta::assert_snapshot!(email.text, @r#"
    王女士，您好：

    您有2件事要办，最急的是：王家孩子：落实帮扶措施（今天到期）。
    请今天登录“相伴”，从最急的办起。

    1. 王家孩子：落实帮扶措施（今天到期）
    2. 陈家孩子：确认台账（还有3天）

    打开办理：https://xiangban.example.gov.cn/d/7

    青山镇人民政府
    这封信由“相伴”自动发出，请不要直接回复。
    "#);
}

#[test]
fn a_name_cannot_bring_markup_into_a_page() {
    let mut facts = weekly_call();
    facts.insert("child".into(), "<script>alert(1)</script>".into());
    let email = templates().email("duty/contact_child/village", &facts).unwrap();
    assert!(!email.html.contains("<script>"));
    assert!(email.html.contains("&lt;script&gt;"));
}

#[test]
fn wechat_fields_are_cut_to_the_length_the_vendor_takes() {
    let message = templates().wechat("duty/contact_child/owed", &weekly_call()).unwrap();
    insta::assert_json_snapshot!(message.data, @r#"
    {
      "date2": "2026-11-23",
      "thing1": "和孩子通话",
      "thing3": "请抽空打个电话，也和照护人说几句。"
    }
    "#);
}

#[test]
fn a_missing_fact_is_an_error_and_not_a_gap() {
    let error = templates().sms("duty/contact_child/owed", &facts(&[("to", "王女士")])).unwrap_err();
    assert!(matches!(error, TemplateError::Broken { .. }), "{error}");
    assert!(matches!(templates().sms("duty/no/such", &Facts::new()), Err(TemplateError::Unknown(_))));
}

#[test]
fn a_county_may_replace_a_single_file() {
    let folder = std::env::temp_dir().join(format!("xiangban-templates-{}", std::process::id()));
    let own = folder.join("code/sign_in");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("sms.txt"), "您的验证码是{{ code }}，请在{{ minutes }}分钟内填写。").unwrap();
    let templates = Templates::with_overrides(&folder, "青山").unwrap();
    let facts = facts(&[("code", "482719"), ("minutes", "5")]);
    assert_eq!(templates.sms("code/sign_in", &facts).unwrap(), "您的验证码是482719，请在5分钟内填写。");
    assert!(templates.contains("duty/contact_child/owed"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_variables_of_a_vendor_template_are_known() {
    assert_eq!(templates().sms_variables("code/sign_in").unwrap(), ["code", "minutes", "to"]);
    assert_eq!(templates().sms_variables("duty/contact_child/owed").unwrap(), ["child", "one", "to", "two", "when"]);
}

#[test]
fn everybody_whom_a_ladder_tells_has_words_of_their_own() {
    let templates = templates();
    let ladders = crate::config::Config::load(None).unwrap().ladders;
    for kind in crate::duties::DutyKind::ALL {
        for role in ladders.of(*kind).stages.iter().flat_map(|stage| &stage.tell) {
            let name = templates.for_duty(kind.as_str(), role);
            assert!(templates.contains(&name), "{name}");
            assert!(role == "county" || name.ends_with(role.as_str()), "{kind} {role} hears {name}");
        }
    }
}
