//! Every table, as Diesel sees it on both databases. Kept equal to the migrations by a test.

diesel::table! {
    areas (code) {
        code -> Text,
        name -> Text,
        level -> Text,
        parent_code -> Nullable<Text>,
    }
}

diesel::table! {
    organisations (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        area_code -> Text,
        phone_sealed -> Nullable<Text>,
        email -> Nullable<Text>,
        active -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    people (id) {
        id -> BigInt,
        name -> Text,
        sex -> Text,
        birth_date -> Nullable<Date>,
        area_code -> Nullable<Text>,
        phone_sealed -> Nullable<Text>,
        phone_index -> Nullable<Text>,
        phone_state -> Text,
        phone_verified_at -> Nullable<Timestamp>,
        phone_failures -> BigInt,
        identity_number_sealed -> Nullable<Text>,
        identity_number_index -> Nullable<Text>,
        email_sealed -> Nullable<Text>,
        wechat_openid -> Nullable<Text>,
        language -> Nullable<Text>,
        can_read -> Bool,
        reminders_stopped_at -> Nullable<Timestamp>,
        deceased_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        organisation_id -> Nullable<BigInt>,
        area_code -> Text,
        since -> Date,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        person_id -> BigInt,
        login -> Text,
        password_hash -> Text,
        totp_secret_sealed -> Nullable<Text>,
        totp_confirmed_at -> Nullable<Timestamp>,
        totp_last_step -> BigInt,
        must_change_password -> Bool,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    one_time_codes (id) {
        id -> BigInt,
        purpose -> Text,
        bound_to -> Text,
        phone_index -> Text,
        person_id -> Nullable<BigInt>,
        code_hash -> Text,
        attempts -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        from_address -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        person_id -> BigInt,
        token_hash -> Text,
        previous_token_hash -> Nullable<Text>,
        method -> Text,
        device -> Nullable<Text>,
        created_at -> Timestamp,
        refreshed_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        revoked_why -> Nullable<Text>,
    }
}

diesel::table! {
    spent_refresh_tokens (token_hash) {
        token_hash -> Text,
        session_id -> BigInt,
        spent_at -> Timestamp,
    }
}

diesel::table! {
    guesses (subject) {
        subject -> Text,
        failures -> BigInt,
        first_at -> Timestamp,
        blocked_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_person_id -> Nullable<BigInt>,
        actor_post -> Nullable<Text>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        child_id -> Nullable<BigInt>,
        area_code -> Nullable<Text>,
        detail -> Text,
    }
}

diesel::table! {
    access_log (id) {
        id -> BigInt,
        at -> Timestamp,
        person_id -> BigInt,
        post -> Nullable<Text>,
        organisation_id -> Nullable<BigInt>,
        child_id -> BigInt,
        what -> Text,
        purpose -> Text,
        from_address -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        person_id -> BigInt,
        idempotency_key -> Text,
        request_hash -> Text,
        status -> BigInt,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    area_settings (area_code, name) {
        area_code -> Text,
        name -> Text,
        value -> Text,
        set_at -> Timestamp,
        set_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    job_runs (job) {
        job -> Text,
        scheduled_for -> Timestamp,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        term -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    households (id) {
        id -> BigInt,
        village_code -> Text,
        address_sealed -> Nullable<Text>,
        contact_cadence_days -> Nullable<BigInt>,
        contact_cadence_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    household_members (id) {
        id -> BigInt,
        household_id -> BigInt,
        person_id -> BigInt,
        kin -> Text,
        holds_guardianship -> Bool,
        condition -> Text,
        condition_since -> Nullable<Date>,
        away_place -> Nullable<Text>,
        away_outside_county -> Bool,
        away_since -> Nullable<Date>,
        backup_order -> Nullable<BigInt>,
        since -> Date,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    children (id) {
        id -> BigInt,
        household_id -> BigInt,
        name -> Text,
        sex -> Text,
        birth_date -> Date,
        village_code -> Text,
        identity_number_sealed -> Nullable<Text>,
        identity_number_index -> Nullable<Text>,
        phone_sealed -> Nullable<Text>,
        rural_registration -> Bool,
        ethnicity -> Nullable<Text>,
        state -> Text,
        risk_level -> Text,
        confirmed_at -> Timestamp,
        exited_at -> Nullable<Timestamp>,
        exit_reason -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    child_ties (id) {
        id -> BigInt,
        child_id -> BigInt,
        kind -> Text,
        person_id -> Nullable<BigInt>,
        organisation_id -> Nullable<BigInt>,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    duties (id) {
        id -> BigInt,
        kind -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        child_id -> Nullable<BigInt>,
        area_code -> Text,
        owed_by_person_id -> Nullable<BigInt>,
        owed_by_post -> Nullable<Text>,
        owed_by_organisation_id -> Nullable<BigInt>,
        owed_key -> Text,
        due_at -> Timestamp,
        opened_at -> Timestamp,
        stages_done -> BigInt,
        paused_until -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        closed_how -> Nullable<Text>,
        closed_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    duty_audience (duty_id, role, person_id) {
        duty_id -> BigInt,
        role -> Text,
        person_id -> BigInt,
    }
}

diesel::table! {
    messages (id) {
        id -> BigInt,
        occasion_key -> Text,
        person_id -> Nullable<BigInt>,
        to_sealed -> Nullable<Text>,
        template -> Text,
        urgency -> Text,
        data_sealed -> Text,
        child_id -> Nullable<BigInt>,
        area_code -> Nullable<Text>,
        state -> Text,
        state_why -> Nullable<Text>,
        channel -> Nullable<Text>,
        channels_tried -> Text,
        body_sealed -> Nullable<Text>,
        not_before -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        attempts -> BigInt,
        lease_holder -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        accepted_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        settled_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    reminders (id) {
        id -> BigInt,
        duty_id -> BigInt,
        stage -> BigInt,
        role -> Text,
        person_id -> BigInt,
        created_at -> Timestamp,
        message_id -> Nullable<BigInt>,
        reply_code -> Nullable<Text>,
    }
}

diesel::table! {
    attempts (id) {
        id -> BigInt,
        message_id -> BigInt,
        number -> BigInt,
        channel -> Text,
        gateway -> Text,
        to_index -> Nullable<Text>,
        state -> Text,
        provider_id -> Nullable<Text>,
        code -> Nullable<Text>,
        segments -> BigInt,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    inbound (id) {
        id -> BigInt,
        gateway -> Text,
        kind -> Text,
        dedupe_key -> Text,
        raw_sealed -> Text,
        received_at -> Timestamp,
        processed_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
    }
}

diesel::joinable!(organisations -> areas (area_code));
diesel::joinable!(people -> areas (area_code));
diesel::joinable!(posts -> people (person_id));
diesel::joinable!(posts -> organisations (organisation_id));
diesel::joinable!(posts -> areas (area_code));
diesel::joinable!(accounts -> people (person_id));
diesel::joinable!(one_time_codes -> people (person_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(spent_refresh_tokens -> sessions (session_id));
diesel::joinable!(area_settings -> areas (area_code));
diesel::joinable!(households -> areas (village_code));
diesel::joinable!(household_members -> households (household_id));
diesel::joinable!(household_members -> people (person_id));
diesel::joinable!(children -> households (household_id));
diesel::joinable!(children -> areas (village_code));
diesel::joinable!(child_ties -> children (child_id));
diesel::joinable!(child_ties -> people (person_id));
diesel::joinable!(child_ties -> organisations (organisation_id));
diesel::joinable!(duties -> children (child_id));
diesel::joinable!(duties -> people (owed_by_person_id));
diesel::joinable!(duties -> organisations (owed_by_organisation_id));
diesel::joinable!(duty_audience -> duties (duty_id));
diesel::joinable!(duty_audience -> people (person_id));
diesel::joinable!(messages -> people (person_id));
diesel::joinable!(reminders -> duties (duty_id));
diesel::joinable!(reminders -> people (person_id));
diesel::joinable!(reminders -> messages (message_id));
diesel::joinable!(attempts -> messages (message_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_log,
    accounts,
    area_settings,
    areas,
    attempts,
    audit_events,
    child_ties,
    children,
    duties,
    duty_audience,
    guesses,
    household_members,
    households,
    idempotency_keys,
    inbound,
    job_runs,
    leases,
    messages,
    one_time_codes,
    organisations,
    people,
    posts,
    reminders,
    sessions,
    spent_refresh_tokens,
);
