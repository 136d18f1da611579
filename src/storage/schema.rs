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
        fields -> Nullable<Text>,
        reason_sealed -> Nullable<Text>,
        place -> Nullable<BigInt>,
        hash -> Nullable<Text>,
    }
}

diesel::table! {
    consents (id) {
        id -> BigInt,
        child_id -> BigInt,
        parent_person_id -> BigInt,
        rules_version -> Text,
        way -> Text,
        recorded_by -> BigInt,
        given_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_by -> Nullable<BigInt>,
        withdrawn_reason_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    record_openings (id) {
        id -> BigInt,
        child_id -> BigInt,
        village_code -> Text,
        person_id -> BigInt,
        post -> Nullable<Text>,
        reason_sealed -> Text,
        opened_at -> Timestamp,
        reviewed_at -> Nullable<Timestamp>,
        reviewed_by -> Nullable<BigInt>,
        verdict -> Nullable<Text>,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    chains (name) {
        name -> Text,
        length -> BigInt,
        head -> Text,
        unchained -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        person_id -> BigInt,
        idempotency_key -> Text,
        request_hash -> Text,
        status -> BigInt,
        body_sealed -> Text,
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
        contact_cadence_reason_sealed -> Nullable<Text>,
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
        cares -> Bool,
        condition_expected_until -> Nullable<Date>,
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
        remark_sealed -> Nullable<Text>,
        parents_unfindable_since -> Nullable<Date>,
        labels_change_on -> Nullable<Date>,
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
        channel_attempts -> BigInt,
        origin_id -> Nullable<BigInt>,
        settled_how -> Nullable<Text>,
        settled_note_sealed -> Nullable<Text>,
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
        form -> Text,
        traffic -> Text,
        cost_hao -> BigInt,
    }
}

diesel::table! {
    gateway_paces (gateway) {
        gateway -> Text,
        full_at_micros -> BigInt,
    }
}

diesel::table! {
    gateway_minutes (gateway, minute, traffic) {
        gateway -> Text,
        minute -> Timestamp,
        traffic -> Text,
        messages -> BigInt,
    }
}

diesel::table! {
    gateway_stops (id) {
        id -> BigInt,
        gateway -> Text,
        form -> Text,
        code -> Text,
        since -> Timestamp,
        probe_at -> Timestamp,
        probes -> BigInt,
        lifted_at -> Nullable<Timestamp>,
        lifted_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    receipt_parts (message_id, number, part) {
        message_id -> BigInt,
        number -> BigInt,
        part -> BigInt,
        total -> BigInt,
        delivered -> Bool,
        at -> Timestamp,
    }
}

diesel::table! {
    wechat_tokens (app_id) {
        app_id -> Text,
        token_sealed -> Nullable<Text>,
        expires_at -> Nullable<Timestamp>,
        fetching_until -> Nullable<Timestamp>,
        forced_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    email_stops (person_id) {
        person_id -> BigInt,
        since -> Timestamp,
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

// Volunteers, contact, reports.

diesel::table! {
    volunteers (id) {
        id -> BigInt,
        person_id -> BigInt,
        area_code -> Text,
        organisation_id -> Nullable<BigInt>,
        party_member -> Bool,
        skills -> Text,
        languages -> Text,
        load_wish -> BigInt,
        words_sealed -> Nullable<Text>,
        state -> Text,
        state_why_sealed -> Nullable<Text>,
        applied_at -> Timestamp,
        admitted_at -> Nullable<Timestamp>,
        state_since -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    volunteer_proofs (id) {
        id -> BigInt,
        volunteer_id -> BigInt,
        kind -> Text,
        outcome -> Text,
        done_on -> Date,
        expires_on -> Date,
        reference_sealed -> Nullable<Text>,
        recorded_by -> BigInt,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    pairings (id) {
        id -> BigInt,
        volunteer_id -> BigInt,
        child_id -> BigInt,
        kind -> Text,
        service_forms -> Text,
        state -> Text,
        why -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        family_voice -> Nullable<Text>,
        family_recorded_by -> Nullable<BigInt>,
        began_at -> Nullable<Timestamp>,
        resumed_at -> Nullable<Timestamp>,
        paused_at -> Nullable<Timestamp>,
        pause_reason -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
        end_note_sealed -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    check_ins (id) {
        id -> BigInt,
        client_uuid -> Text,
        volunteer_id -> BigInt,
        household_id -> BigInt,
        meeting -> Text,
        made_at -> Timestamp,
        happened_at -> Timestamp,
        received_at -> Timestamp,
        latitude_hundredths -> Nullable<BigInt>,
        longitude_hundredths -> Nullable<BigInt>,
        remarks -> Text,
        request_hash -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    check_in_observations (id) {
        id -> BigInt,
        check_in_id -> BigInt,
        revision -> BigInt,
        child_id -> BigInt,
        pairing_id -> BigInt,
        happened_at -> Timestamp,
        mood -> Nullable<BigInt>,
        health -> Nullable<BigInt>,
        daily_care -> Nullable<BigInt>,
        school -> Nullable<BigInt>,
        family_contact -> Nullable<BigInt>,
        needs -> Text,
        note_sealed -> Nullable<Text>,
        worry -> Bool,
        worry_sealed -> Nullable<Text>,
        written_by -> BigInt,
        written_at -> Timestamp,
    }
}

diesel::table! {
    contact_obligations (id) {
        id -> BigInt,
        household_id -> BigInt,
        parent_person_id -> BigInt,
        child_id -> BigInt,
        area_code -> Text,
        state -> Text,
        counted_from -> Date,
        carer_counts -> Bool,
        with_child_on -> Nullable<Date>,
        with_carer_on -> Nullable<Date>,
        due_on -> Date,
        rest_from -> Nullable<Date>,
        rest_until -> Nullable<Date>,
        opened_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    contacts (id) {
        id -> BigInt,
        obligation_id -> BigInt,
        client_uuid -> Text,
        kind -> Text,
        with_child -> Bool,
        with_carer -> Bool,
        happened_on -> Date,
        recorded_by -> BigInt,
        recorded_as -> Text,
        via -> Text,
        recorded_at -> Timestamp,
        standing -> Text,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    contact_statements (id) {
        id -> BigInt,
        contact_id -> BigInt,
        client_uuid -> Text,
        person_id -> BigInt,
        voice -> Text,
        says -> Text,
        note_sealed -> Nullable<Text>,
        at -> Timestamp,
    }
}

diesel::table! {
    missed_contacts (id) {
        id -> BigInt,
        obligation_id -> BigInt,
        child_id -> BigInt,
        area_code -> Text,
        due_on -> Date,
        raised_at -> Timestamp,
        admonition -> Text,
        talked_on -> Nullable<Date>,
        outcome -> Nullable<Text>,
        note_sealed -> Nullable<Text>,
        settled_by -> Nullable<BigInt>,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    number_searches (id) {
        id -> BigInt,
        person_id -> BigInt,
        child_id -> BigInt,
        area_code -> Text,
        state -> Text,
        opened_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    number_search_steps (id) {
        id -> BigInt,
        search_id -> BigInt,
        source -> Text,
        person_id -> Nullable<BigInt>,
        asked_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
        knew -> Nullable<Bool>,
        number_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    reports (id) {
        id -> BigInt,
        receipt_number -> Text,
        received_at -> Timestamp,
        channel -> Text,
        situations -> Text,
        immediate_danger -> Bool,
        urgency -> Text,
        reporter_role -> Text,
        must_report -> Bool,
        area_code -> Text,
        child_id -> Nullable<BigInt>,
        narrative_sealed -> Text,
        reporter_sealed -> Nullable<Text>,
        reporter_index -> Nullable<Text>,
        cause_index -> Nullable<Text>,
        client_index -> Nullable<Text>,
        from_index -> Nullable<Text>,
        accept_by -> Timestamp,
        state -> Text,
        accepted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    report_desks (id) {
        id -> BigInt,
        report_id -> BigInt,
        desk -> Text,
        area_code -> Text,
        owes -> Bool,
        named -> Text,
        routed_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
        accepted_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    report_suspects (report_id, person_id) {
        report_id -> BigInt,
        person_id -> BigInt,
    }
}

diesel::table! {
    reporter_openings (id) {
        id -> BigInt,
        report_id -> BigInt,
        person_id -> BigInt,
        reason_sealed -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    away_stays (id) {
        id -> BigInt,
        member_id -> BigInt,
        place -> Nullable<Text>,
        outside_county -> Bool,
        since -> Date,
        until -> Nullable<Date>,
        home_for_good -> Bool,
    }
}

diesel::table! {
    child_schooling (child_id) {
        child_id -> BigInt,
        organisation_id -> Nullable<BigInt>,
        school -> Nullable<Text>,
        grade -> Nullable<Text>,
        boarding -> Nullable<Bool>,
        enrolment -> Nullable<Text>,
    }
}

diesel::table! {
    child_health (child_id) {
        child_id -> BigInt,
        health_sealed -> Text,
        hiv_sealed -> Text,
    }
}

diesel::table! {
    hiv_readers (id) {
        id -> BigInt,
        person_id -> BigInt,
        area_code -> Text,
        appointed_by -> BigInt,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    child_circumstances (id) {
        id -> BigInt,
        child_id -> BigInt,
        kind -> Text,
        since -> Date,
        until -> Nullable<Date>,
        evidence_sealed -> Nullable<Text>,
        recorded_by -> Nullable<BigInt>,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    child_labels (id) {
        id -> BigInt,
        child_id -> BigInt,
        kind -> Text,
        since -> Date,
        until -> Nullable<Date>,
        reasons_sealed -> Text,
        found_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    child_versions (id) {
        id -> BigInt,
        child_id -> BigInt,
        version -> BigInt,
        valid_from -> Timestamp,
        valid_until -> Nullable<Timestamp>,
        cause -> Text,
        changed_by -> Nullable<BigInt>,
        village_code -> Text,
        state -> Text,
        snapshot_sealed -> Text,
    }
}

diesel::table! {
    child_transfers (id) {
        id -> BigInt,
        child_id -> BigInt,
        from_village -> Text,
        to_village -> Text,
        state -> Text,
        reason_sealed -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        decision_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    child_age_reviews (child_id, age) {
        child_id -> BigInt,
        age -> BigInt,
        outcome -> Text,
        note_sealed -> Nullable<Text>,
        reviewed_by -> BigInt,
        reviewed_at -> Timestamp,
    }
}

diesel::table! {
    ledger_imports (id) {
        id -> BigInt,
        area_code -> Text,
        file_name -> Text,
        file_sha256 -> Text,
        mode -> Text,
        outcome -> Text,
        report_sealed -> Text,
        imported_by -> Nullable<BigInt>,
        imported_at -> Timestamp,
    }
}

diesel::table! {
    ledger_import_rows (import_id, place) {
        import_id -> BigInt,
        place -> BigInt,
        verdict -> Text,
        child_id -> Nullable<BigInt>,
        row_sealed -> Text,
        judged_by -> Nullable<BigInt>,
        judged_at -> Timestamp,
    }
}

diesel::table! {
    capacity_assessments (id) {
        id -> BigInt,
        child_id -> BigInt,
        carer_id -> BigInt,
        questionnaire -> Text,
        answers -> Text,
        conclusion -> Text,
        findings -> Text,
        reason_sealed -> Nullable<Text>,
        assessed_on -> Date,
        assessed_by -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    agreements (id) {
        id -> BigInt,
        root_id -> Nullable<BigInt>,
        revision -> BigInt,
        replaces_id -> Nullable<BigInt>,
        replaces_how -> Nullable<Text>,
        child_id -> BigInt,
        carer_id -> BigInt,
        village_code -> Text,
        kind -> Text,
        state -> Text,
        term_from -> Date,
        term_until -> Date,
        details_sealed -> Text,
        amount_fen -> Nullable<BigInt>,
        pay_period -> Nullable<Text>,
        payer -> Nullable<Text>,
        declaration_sealed -> Nullable<Text>,
        assessment_id -> Nullable<BigInt>,
        consent -> Nullable<Bool>,
        consented_on -> Nullable<Date>,
        document_hash -> Nullable<Text>,
        signing_mode -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        in_force_at -> Nullable<Timestamp>,
        ended_on -> Nullable<Date>,
        end_reason -> Nullable<Text>,
        evidence_count -> BigInt,
        evidence_head -> Text,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    agreement_documents (agreement_id) {
        agreement_id -> BigInt,
        text_sealed -> Text,
        hash -> Text,
        hash_algorithm -> Text,
        template_version -> Text,
        frozen_at -> Timestamp,
    }
}

diesel::table! {
    agreement_papers (agreement_id) {
        agreement_id -> BigInt,
        state -> Text,
        try_at -> Timestamp,
        attempts -> BigInt,
        trouble -> Nullable<Text>,
        file_sealed -> Nullable<Text>,
        hash -> Nullable<Text>,
        hash_algorithm -> Nullable<Text>,
        sealed_at -> Nullable<Timestamp>,
        stamped_at -> Nullable<Timestamp>,
        stamped_by -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    wordings (id) {
        id -> BigInt,
        area_code -> Text,
        kind -> Text,
        version -> BigInt,
        text -> Nullable<Text>,
        note -> Nullable<Text>,
        set_at -> Timestamp,
        set_by -> BigInt,
    }
}

diesel::table! {
    letters (id) {
        id -> BigInt,
        kind -> Text,
        year -> BigInt,
        seq -> BigInt,
        child_id -> BigInt,
        agreement_id -> Nullable<BigInt>,
        village_code -> Text,
        sender -> Text,
        wording -> Text,
        text_sealed -> Text,
        text_hash -> Text,
        granted -> Nullable<Bool>,
        amount_fen -> Nullable<BigInt>,
        from_on -> Nullable<Date>,
        until_on -> Nullable<Date>,
        issued_at -> Timestamp,
        issued_by -> BigInt,
        state -> Text,
        try_at -> Timestamp,
        attempts -> BigInt,
        trouble -> Nullable<Text>,
        file_sealed -> Nullable<Text>,
        hash -> Nullable<Text>,
        sealed_at -> Nullable<Timestamp>,
        stamped_at -> Nullable<Timestamp>,
        stamped_by -> Nullable<Text>,
        served_on -> Nullable<Date>,
        served_how -> Nullable<Text>,
        served_note_sealed -> Nullable<Text>,
        served_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    paper_originals (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        document_hash -> Text,
        media_type -> Text,
        scan_sealed -> Text,
        hash -> Text,
        hash_algorithm -> Text,
        bytes -> BigInt,
        received_at -> Timestamp,
        received_by -> BigInt,
    }
}

diesel::table! {
    agreement_parties (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        role -> Text,
        person_id -> Nullable<BigInt>,
        signed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    signing_turns (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        party_id -> BigInt,
        host_id -> BigInt,
        device -> Text,
        opened_at -> Timestamp,
        seconds_since_previous -> Nullable<BigInt>,
        closed_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    signatures (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        party_id -> BigInt,
        document_hash -> Text,
        manner -> Text,
        reading -> Text,
        consent_text_version -> Text,
        signed_at -> Timestamp,
        device_at -> Timestamp,
        device -> Text,
        from_address -> Nullable<Text>,
        phone_index -> Nullable<Text>,
        code_id -> Nullable<BigInt>,
        host_id -> Nullable<BigInt>,
        turn_id -> Nullable<BigInt>,
        vouched_because_sealed -> Nullable<Text>,
        strokes_sealed -> Text,
        strokes_hash -> Text,
    }
}

diesel::table! {
    evidence_events (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        seq -> BigInt,
        at -> Timestamp,
        kind -> Text,
        actor_id -> Nullable<BigInt>,
        body_sealed -> Text,
        prev_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    care_notices (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        child_id -> BigInt,
        addressee -> Text,
        organisation_id -> Nullable<BigInt>,
        area_code -> Text,
        text_sealed -> Text,
        text_hash -> Text,
        issued_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        acknowledged_at -> Nullable<Timestamp>,
        acknowledged_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    carer_changes (id) {
        id -> BigInt,
        child_id -> BigInt,
        carer_id -> BigInt,
        assessment_id -> Nullable<BigInt>,
        village_code -> Text,
        told_at -> Timestamp,
        due_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        settled_how -> Nullable<Text>,
    }
}

diesel::table! {
    hand_overs (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        child_id -> BigInt,
        village_code -> Text,
        opened_at -> Timestamp,
        due_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
        done_by -> Nullable<BigInt>,
        received_by_sealed -> Nullable<Text>,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    remuneration_payments (id) {
        id -> BigInt,
        agreement_id -> BigInt,
        root_id -> BigInt,
        period_from -> Date,
        period_until -> Date,
        amount_fen -> BigInt,
        payer -> Text,
        paid_on -> Date,
        recorded_by -> BigInt,
        recorded_at -> Timestamp,
    }
}

diesel::joinable!(volunteers -> people (person_id));
diesel::joinable!(volunteers -> areas (area_code));
diesel::joinable!(volunteers -> organisations (organisation_id));
diesel::joinable!(volunteer_proofs -> volunteers (volunteer_id));
diesel::joinable!(volunteer_proofs -> people (recorded_by));
diesel::joinable!(pairings -> volunteers (volunteer_id));
diesel::joinable!(pairings -> children (child_id));
diesel::joinable!(check_ins -> volunteers (volunteer_id));
diesel::joinable!(check_ins -> households (household_id));
diesel::joinable!(check_in_observations -> check_ins (check_in_id));
diesel::joinable!(check_in_observations -> children (child_id));
diesel::joinable!(check_in_observations -> pairings (pairing_id));
diesel::joinable!(check_in_observations -> people (written_by));
diesel::joinable!(contact_obligations -> households (household_id));
diesel::joinable!(contact_obligations -> people (parent_person_id));
diesel::joinable!(contact_obligations -> children (child_id));
diesel::joinable!(contact_obligations -> areas (area_code));
diesel::joinable!(contacts -> contact_obligations (obligation_id));
diesel::joinable!(contacts -> people (recorded_by));
diesel::joinable!(contact_statements -> contacts (contact_id));
diesel::joinable!(contact_statements -> people (person_id));
diesel::joinable!(missed_contacts -> contact_obligations (obligation_id));
diesel::joinable!(missed_contacts -> children (child_id));
diesel::joinable!(missed_contacts -> areas (area_code));
diesel::joinable!(missed_contacts -> people (settled_by));
diesel::joinable!(number_searches -> children (child_id));
diesel::joinable!(number_searches -> areas (area_code));
diesel::joinable!(number_search_steps -> number_searches (search_id));
diesel::joinable!(number_search_steps -> people (person_id));
diesel::joinable!(reports -> areas (area_code));
diesel::joinable!(reports -> children (child_id));
diesel::joinable!(report_desks -> reports (report_id));
diesel::joinable!(report_desks -> areas (area_code));
diesel::joinable!(report_desks -> people (accepted_by));
diesel::joinable!(report_suspects -> reports (report_id));
diesel::joinable!(report_suspects -> people (person_id));
diesel::joinable!(reporter_openings -> reports (report_id));
diesel::joinable!(reporter_openings -> people (person_id));

// End of volunteers, contact, reports.

diesel::table! {
    message_bars (id) {
        id -> BigInt,
        person_id -> BigInt,
        child_id -> Nullable<BigInt>,
        reason -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    calls (id) {
        id -> BigInt,
        message_id -> BigInt,
        person_id -> BigInt,
        child_id -> Nullable<BigInt>,
        area_code -> Text,
        why -> Text,
        words_sealed -> Text,
        state -> Text,
        tries -> BigInt,
        not_before -> Timestamp,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        settled_by -> Nullable<BigInt>,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    inbox_items (id) {
        id -> BigInt,
        inbound_id -> BigInt,
        place -> BigInt,
        why -> Text,
        person_id -> Nullable<BigInt>,
        child_id -> Nullable<BigInt>,
        area_code -> Text,
        from_sealed -> Text,
        text_sealed -> Text,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        settled_by -> Nullable<BigInt>,
        note_sealed -> Nullable<Text>,
    }
}

diesel::table! {
    wechat_credits (person_id, template) {
        person_id -> BigInt,
        template -> Text,
        credits -> BigInt,
        updated_at -> Timestamp,
        pushed -> BigInt,
        told -> BigInt,
    }
}

diesel::table! {
    sandbox_texts (id) {
        id -> BigInt,
        reference -> Text,
        direction -> Text,
        channel -> Text,
        address_index -> Text,
        address_sealed -> Text,
        subject_sealed -> Nullable<Text>,
        text_sealed -> Text,
        at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        phone_index -> Text,
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
diesel::joinable!(message_bars -> people (person_id));
diesel::joinable!(calls -> messages (message_id));
diesel::joinable!(calls -> people (person_id));
diesel::joinable!(inbox_items -> people (person_id));
diesel::joinable!(inbox_items -> children (child_id));
diesel::joinable!(wechat_credits -> people (person_id));
diesel::joinable!(away_stays -> household_members (member_id));
diesel::joinable!(child_schooling -> children (child_id));
diesel::joinable!(child_health -> children (child_id));
diesel::joinable!(child_circumstances -> children (child_id));
diesel::joinable!(child_labels -> children (child_id));
diesel::joinable!(child_versions -> children (child_id));
diesel::joinable!(child_transfers -> children (child_id));
diesel::joinable!(child_age_reviews -> children (child_id));
diesel::joinable!(agreements -> children (child_id));
diesel::joinable!(agreements -> people (carer_id));
diesel::joinable!(agreement_documents -> agreements (agreement_id));
diesel::joinable!(agreement_papers -> agreements (agreement_id));
diesel::joinable!(paper_originals -> agreements (agreement_id));
diesel::joinable!(agreement_parties -> agreements (agreement_id));
diesel::joinable!(agreement_parties -> people (person_id));
diesel::joinable!(signatures -> agreement_parties (party_id));
diesel::joinable!(care_notices -> agreements (agreement_id));
diesel::joinable!(care_notices -> children (child_id));
diesel::joinable!(carer_changes -> children (child_id));
diesel::joinable!(hand_overs -> agreements (agreement_id));
diesel::joinable!(remuneration_payments -> agreements (agreement_id));
diesel::joinable!(capacity_assessments -> people (carer_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_log,
    accounts,
    agreement_documents,
    agreement_papers,
    agreement_parties,
    paper_originals,
    agreements,
    area_settings,
    areas,
    attempts,
    audit_events,
    away_stays,
    calls,
    capacity_assessments,
    care_notices,
    carer_changes,
    check_in_observations,
    check_ins,
    child_age_reviews,
    child_circumstances,
    child_health,
    child_labels,
    child_schooling,
    child_ties,
    child_transfers,
    child_versions,
    children,
    contact_obligations,
    contact_statements,
    contacts,
    duties,
    duty_audience,
    email_stops,
    evidence_events,
    gateway_minutes,
    gateway_paces,
    gateway_stops,
    guesses,
    hand_overs,
    hiv_readers,
    household_members,
    households,
    idempotency_keys,
    inbound,
    inbox_items,
    job_runs,
    leases,
    ledger_import_rows,
    ledger_imports,
    letters,
    message_bars,
    messages,
    missed_contacts,
    number_search_steps,
    number_searches,
    one_time_codes,
    organisations,
    pairings,
    people,
    posts,
    receipt_parts,
    reminders,
    remuneration_payments,
    report_desks,
    report_suspects,
    reporter_openings,
    reports,
    sandbox_texts,
    sessions,
    signatures,
    signing_turns,
    spent_refresh_tokens,
    volunteer_proofs,
    volunteers,
    wechat_credits,
    wechat_tokens,
    wordings,
);
