-- Areas, organisations, people and the posts they hold.
CREATE TABLE areas (
  code TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  level TEXT NOT NULL,
  parent_code TEXT REFERENCES areas (code)
);
CREATE INDEX areas_parent ON areas (parent_code);

CREATE TABLE organisations (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  area_code TEXT NOT NULL REFERENCES areas (code),
  phone_sealed TEXT,
  email TEXT,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  version BIGINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX organisations_area ON organisations (area_code, kind);

CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  name TEXT NOT NULL,
  sex TEXT NOT NULL,
  birth_date DATE,
  area_code TEXT REFERENCES areas (code),
  phone_sealed TEXT,
  phone_index TEXT,
  phone_state TEXT NOT NULL DEFAULT 'unverified',
  phone_verified_at TIMESTAMP,
  phone_failures BIGINT NOT NULL DEFAULT 0,
  identity_number_sealed TEXT,
  identity_number_index TEXT,
  email_sealed TEXT,
  wechat_openid TEXT,
  language TEXT,
  can_read BOOLEAN NOT NULL DEFAULT TRUE,
  reminders_stopped_at TIMESTAMP,
  deceased_on DATE,
  version BIGINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX people_phone ON people (phone_index);
CREATE INDEX people_identity_number ON people (identity_number_index);
CREATE INDEX people_openid ON people (wechat_openid);

CREATE TABLE posts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  kind TEXT NOT NULL,
  organisation_id BIGINT REFERENCES organisations (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  since DATE NOT NULL,
  until DATE
);
CREATE INDEX posts_person ON posts (person_id);
CREATE INDEX posts_area ON posts (area_code, kind);
CREATE INDEX posts_organisation ON posts (organisation_id);

-- Signing in.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL UNIQUE REFERENCES people (id),
  login TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  totp_secret_sealed TEXT,
  totp_confirmed_at TIMESTAMP,
  totp_last_step BIGINT NOT NULL DEFAULT 0,
  must_change_password BOOLEAN NOT NULL DEFAULT FALSE,
  disabled_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);

CREATE TABLE one_time_codes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  purpose TEXT NOT NULL,
  bound_to TEXT NOT NULL,
  phone_index TEXT NOT NULL,
  person_id BIGINT REFERENCES people (id),
  code_hash TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP,
  from_address TEXT
);
CREATE INDEX one_time_codes_phone ON one_time_codes (phone_index, created_at);
CREATE INDEX one_time_codes_address ON one_time_codes (from_address, created_at);

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  token_hash TEXT NOT NULL UNIQUE,
  previous_token_hash TEXT,
  method TEXT NOT NULL,
  device TEXT,
  created_at TIMESTAMP NOT NULL,
  refreshed_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  revoked_at TIMESTAMP,
  revoked_why TEXT
);
CREATE INDEX sessions_person ON sessions (person_id);
-- Every refresh token that was ever exchanged, so that its reuse revokes the session.
CREATE TABLE spent_refresh_tokens (
  token_hash TEXT NOT NULL PRIMARY KEY,
  session_id BIGINT NOT NULL REFERENCES sessions (id),
  spent_at TIMESTAMP NOT NULL
);

-- Failed attempts to guess a secret, counted per subject (a login, a number, an address).
CREATE TABLE guesses (
  subject TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  first_at TIMESTAMP NOT NULL,
  blocked_until TIMESTAMP
);

-- What was done and what was read.
CREATE TABLE audit_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  actor_person_id BIGINT,
  actor_post TEXT,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  child_id BIGINT,
  area_code TEXT,
  detail TEXT NOT NULL
);
CREATE INDEX audit_events_subject ON audit_events (subject_kind, subject_id);
CREATE INDEX audit_events_child ON audit_events (child_id);

CREATE TABLE access_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  at TIMESTAMP NOT NULL,
  person_id BIGINT NOT NULL,
  post TEXT,
  organisation_id BIGINT,
  child_id BIGINT NOT NULL,
  what TEXT NOT NULL,
  purpose TEXT NOT NULL,
  from_address TEXT
);
CREATE INDEX access_log_child ON access_log (child_id, at);

CREATE TABLE idempotency_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status BIGINT NOT NULL,
  body TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (person_id, idempotency_key)
);

-- Settings that an area sets for itself; the configuration file holds the defaults.
CREATE TABLE area_settings (
  area_code TEXT NOT NULL REFERENCES areas (code),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  set_at TIMESTAMP NOT NULL,
  set_by BIGINT,
  PRIMARY KEY (area_code, name)
);

-- Scheduler: what ran when, who leads.
CREATE TABLE job_runs (
  job TEXT NOT NULL PRIMARY KEY,
  scheduled_for TIMESTAMP NOT NULL,
  started_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  outcome TEXT
);

CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  term BIGINT NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
