-- Who owes what, for whom, by when. One row per occurrence.
CREATE TABLE duties (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  child_id BIGINT REFERENCES children (id),
  area_code TEXT NOT NULL,
  owed_by_person_id BIGINT REFERENCES people (id),
  owed_by_post TEXT,
  owed_by_organisation_id BIGINT REFERENCES organisations (id),
  owed_key TEXT NOT NULL,
  due_at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  stages_done BIGINT NOT NULL DEFAULT 0,
  paused_until TIMESTAMP,
  closed_at TIMESTAMP,
  closed_how TEXT,
  closed_by BIGINT
);
CREATE UNIQUE INDEX duties_open_once ON duties (kind, subject_kind, subject_id, owed_key) WHERE closed_at IS NULL;
CREATE INDEX duties_next_stage ON duties (kind, stages_done, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX duties_person ON duties (owed_by_person_id, due_at) WHERE closed_at IS NULL;
CREATE INDEX duties_area ON duties (area_code, due_at) WHERE closed_at IS NULL;
CREATE INDEX duties_child ON duties (child_id);
CREATE INDEX duties_subject ON duties (subject_kind, subject_id);

-- Further people a ladder may tell, by role (other_parent, carer, coordinator …).
CREATE TABLE duty_audience (
  duty_id BIGINT NOT NULL REFERENCES duties (id),
  role TEXT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  PRIMARY KEY (duty_id, role, person_id)
);

-- One message to one person: the outbox.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  occasion_key TEXT NOT NULL UNIQUE,
  person_id BIGINT REFERENCES people (id),
  to_sealed TEXT,
  template TEXT NOT NULL,
  urgency TEXT NOT NULL,
  data_sealed TEXT NOT NULL,
  child_id BIGINT,
  area_code TEXT,
  state TEXT NOT NULL,
  state_why TEXT,
  channel TEXT,
  channels_tried TEXT NOT NULL DEFAULT '',
  body_sealed TEXT,
  not_before TIMESTAMP NOT NULL,
  expires_at TIMESTAMP,
  attempts BIGINT NOT NULL DEFAULT 0,
  lease_holder TEXT,
  lease_until TIMESTAMP,
  accepted_at TIMESTAMP,
  settled_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  read_at TIMESTAMP,
  settled_by BIGINT
);
CREATE INDEX messages_queue ON messages (not_before, id) WHERE state = 'queued';
CREATE INDEX messages_sending ON messages (lease_until) WHERE state = 'sending';
CREATE INDEX messages_accepted ON messages (accepted_at) WHERE state = 'accepted';
CREATE INDEX messages_person ON messages (person_id, created_at);

-- The decision to tell one person once about one stage of one duty.
CREATE TABLE reminders (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  duty_id BIGINT NOT NULL REFERENCES duties (id),
  stage BIGINT NOT NULL,
  role TEXT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  created_at TIMESTAMP NOT NULL,
  message_id BIGINT REFERENCES messages (id),
  reply_code TEXT,
  UNIQUE (duty_id, stage, person_id)
);
CREATE INDEX reminders_uncomposed ON reminders (person_id) WHERE message_id IS NULL;
CREATE INDEX reminders_message ON reminders (message_id);
CREATE INDEX reminders_person ON reminders (person_id, created_at);

-- One try on one channel.
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  message_id BIGINT NOT NULL REFERENCES messages (id),
  number BIGINT NOT NULL,
  channel TEXT NOT NULL,
  gateway TEXT NOT NULL,
  to_index TEXT,
  state TEXT NOT NULL,
  provider_id TEXT,
  code TEXT,
  segments BIGINT NOT NULL DEFAULT 0,
  started_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  UNIQUE (message_id, number)
);
CREATE INDEX attempts_provider ON attempts (gateway, provider_id);
CREATE INDEX attempts_to ON attempts (to_index, started_at);

-- News from outside, stored raw and once, interpreted later.
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  gateway TEXT NOT NULL,
  kind TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  raw_sealed TEXT NOT NULL,
  received_at TIMESTAMP NOT NULL,
  processed_at TIMESTAMP,
  outcome TEXT,
  UNIQUE (gateway, dedupe_key)
);
CREATE INDEX inbound_open ON inbound (id) WHERE processed_at IS NULL;
