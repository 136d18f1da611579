-- Reports of harm, suspicion or danger. Words and reporter are sealed under keys of their own.
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  receipt_number TEXT NOT NULL UNIQUE,
  received_at TIMESTAMP NOT NULL,
  channel TEXT NOT NULL,
  situations TEXT NOT NULL,
  immediate_danger BOOLEAN NOT NULL,
  urgency TEXT NOT NULL,
  reporter_role TEXT NOT NULL,
  must_report BOOLEAN NOT NULL,
  area_code TEXT NOT NULL REFERENCES areas (code),
  child_id BIGINT REFERENCES children (id),
  narrative_sealed TEXT NOT NULL,
  reporter_sealed TEXT,
  reporter_index TEXT,
  cause_index TEXT UNIQUE,
  client_index TEXT UNIQUE,
  from_index TEXT,
  accept_by TIMESTAMP NOT NULL,
  state TEXT NOT NULL,
  accepted_at TIMESTAMP
);
CREATE INDEX reports_area ON reports (area_code, received_at);
CREATE INDEX reports_reporter ON reports (reporter_index);
CREATE INDEX reports_child ON reports (child_id);
CREATE INDEX reports_from ON reports (from_index, received_at);

-- The desks a report was routed to: only their officers can read it. A desk that owes acceptance owes it as a post,
-- or, when somebody there is suspected, through the officers named.
CREATE TABLE report_desks (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  report_id BIGINT NOT NULL REFERENCES reports (id),
  desk TEXT NOT NULL,
  area_code TEXT NOT NULL REFERENCES areas (code),
  owes BOOLEAN NOT NULL,
  named TEXT NOT NULL,
  routed_at TIMESTAMP NOT NULL,
  accepted_at TIMESTAMP,
  accepted_by BIGINT REFERENCES people (id),
  UNIQUE (report_id, desk)
);
CREATE INDEX report_desks_area ON report_desks (desk, area_code, routed_at);

-- Whoever is named as the one who may have done the harm: never told, never shown.
CREATE TABLE report_suspects (
  report_id BIGINT NOT NULL REFERENCES reports (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  PRIMARY KEY (report_id, person_id)
);

-- Who opened the reporter's identity, and why.
CREATE TABLE reporter_openings (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  report_id BIGINT NOT NULL REFERENCES reports (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  reason TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE INDEX reporter_openings_report ON reporter_openings (report_id);
