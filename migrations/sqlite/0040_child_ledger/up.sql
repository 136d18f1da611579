-- What the ledger keeps of a child beside the core: facts with dates, labels, history, moves, imports.
ALTER TABLE children ADD COLUMN remark_sealed TEXT;
ALTER TABLE children ADD COLUMN parents_unfindable_since DATE;
-- The first day on which the labels change although nobody writes anything.
ALTER TABLE children ADD COLUMN labels_change_on DATE;
CREATE INDEX children_labels_change ON children (labels_change_on);
CREATE INDEX children_confirmed ON children (village_code, confirmed_at);

ALTER TABLE household_members ADD COLUMN cares BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE household_members ADD COLUMN condition_expected_until DATE;

-- Where a parent worked, and from when to when; the current stay is also kept on the member.
CREATE TABLE away_stays (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  member_id BIGINT NOT NULL REFERENCES household_members (id),
  place TEXT,
  outside_county BOOLEAN NOT NULL,
  since DATE NOT NULL,
  until DATE,
  home_for_good BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX away_stays_member ON away_stays (member_id, since);

CREATE TABLE child_schooling (
  child_id BIGINT NOT NULL PRIMARY KEY REFERENCES children (id),
  organisation_id BIGINT REFERENCES organisations (id),
  school TEXT,
  grade TEXT,
  boarding BOOLEAN,
  enrolment TEXT
);

-- Both columns are always filled, so that neither tells by being there.
CREATE TABLE child_health (
  child_id BIGINT NOT NULL PRIMARY KEY REFERENCES children (id),
  health_sealed TEXT NOT NULL,
  hiv_sealed TEXT NOT NULL
);

-- Who may read and write HIV status, by name.
CREATE TABLE hiv_readers (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  appointed_by BIGINT NOT NULL REFERENCES people (id),
  since TIMESTAMP NOT NULL,
  until TIMESTAMP
);
CREATE INDEX hiv_readers_person ON hiv_readers (person_id);

CREATE TABLE child_circumstances (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  kind TEXT NOT NULL,
  since DATE NOT NULL,
  until DATE,
  evidence_sealed TEXT,
  recorded_by BIGINT REFERENCES people (id),
  recorded_at TIMESTAMP NOT NULL
);
CREATE INDEX child_circumstances_child ON child_circumstances (child_id);

-- Labels as the rules gave them; a label that no longer holds is ended, never deleted.
CREATE TABLE child_labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  kind TEXT NOT NULL,
  since DATE NOT NULL,
  until DATE,
  reasons_sealed TEXT NOT NULL,
  found_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX child_labels_child ON child_labels (child_id);
CREATE INDEX child_labels_current ON child_labels (kind, child_id) WHERE ended_at IS NULL;

-- The record as it stood from one moment to the next.
CREATE TABLE child_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  version BIGINT NOT NULL,
  valid_from TIMESTAMP NOT NULL,
  valid_until TIMESTAMP,
  cause TEXT NOT NULL,
  changed_by BIGINT REFERENCES people (id),
  village_code TEXT NOT NULL,
  state TEXT NOT NULL,
  snapshot_sealed TEXT NOT NULL,
  UNIQUE (child_id, version)
);
CREATE INDEX child_versions_village ON child_versions (village_code, valid_from);

CREATE TABLE child_transfers (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  from_village TEXT NOT NULL REFERENCES areas (code),
  to_village TEXT NOT NULL REFERENCES areas (code),
  state TEXT NOT NULL,
  reason_sealed TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES people (id),
  proposed_at TIMESTAMP NOT NULL,
  decided_by BIGINT REFERENCES people (id),
  decided_at TIMESTAMP,
  decision_sealed TEXT
);
CREATE UNIQUE INDEX child_transfers_open_once ON child_transfers (child_id) WHERE state = 'proposed';
CREATE INDEX child_transfers_to ON child_transfers (to_village, state);
CREATE INDEX child_transfers_from ON child_transfers (from_village, state);

-- The look that the village takes at a child who grows out of a label.
CREATE TABLE child_age_reviews (
  child_id BIGINT NOT NULL REFERENCES children (id),
  age BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  note_sealed TEXT,
  reviewed_by BIGINT NOT NULL REFERENCES people (id),
  reviewed_at TIMESTAMP NOT NULL,
  PRIMARY KEY (child_id, age)
);

CREATE TABLE ledger_imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  area_code TEXT NOT NULL REFERENCES areas (code),
  file_name TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  mode TEXT NOT NULL,
  outcome TEXT NOT NULL,
  report_sealed TEXT NOT NULL,
  imported_by BIGINT REFERENCES people (id),
  imported_at TIMESTAMP NOT NULL
);
CREATE INDEX ledger_imports_area ON ledger_imports (area_code, id);
