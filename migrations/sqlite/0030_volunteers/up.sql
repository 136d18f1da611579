-- Volunteers, what proves them fit, whom they are paired with, and what they saw.
CREATE TABLE volunteers (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  organisation_id BIGINT REFERENCES organisations (id),
  party_member BOOLEAN NOT NULL DEFAULT FALSE,
  skills TEXT NOT NULL,
  languages TEXT NOT NULL,
  load_wish BIGINT NOT NULL,
  words TEXT,
  state TEXT NOT NULL,
  state_why TEXT,
  applied_at TIMESTAMP NOT NULL,
  admitted_at TIMESTAMP,
  state_since TIMESTAMP NOT NULL,
  version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX volunteers_once ON volunteers (person_id) WHERE state IN ('applied', 'admitted', 'paused');
CREATE INDEX volunteers_area ON volunteers (area_code, state);

-- Record checks and trainings; the latest of each kind counts until it expires.
CREATE TABLE volunteer_proofs (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  volunteer_id BIGINT NOT NULL REFERENCES volunteers (id),
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,
  done_on DATE NOT NULL,
  expires_on DATE NOT NULL,
  reference TEXT,
  recorded_by BIGINT NOT NULL REFERENCES people (id),
  recorded_at TIMESTAMP NOT NULL
);
CREATE INDEX volunteer_proofs_volunteer ON volunteer_proofs (volunteer_id, kind, done_on);

CREATE TABLE pairings (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  volunteer_id BIGINT NOT NULL REFERENCES volunteers (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  kind TEXT NOT NULL,
  service_forms TEXT NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES people (id),
  proposed_at TIMESTAMP NOT NULL,
  family_voice TEXT,
  family_recorded_by BIGINT REFERENCES people (id),
  began_at TIMESTAMP,
  resumed_at TIMESTAMP,
  paused_at TIMESTAMP,
  pause_reason TEXT,
  ended_at TIMESTAMP,
  end_reason TEXT,
  end_note_sealed TEXT,
  version BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX pairings_once ON pairings (volunteer_id, child_id) WHERE state IN ('proposed', 'active', 'paused');
CREATE INDEX pairings_child ON pairings (child_id, state);
CREATE INDEX pairings_volunteer ON pairings (volunteer_id, state);

-- One visit or call; what was seen of each child stands in the observations of its current revision.
CREATE TABLE check_ins (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  client_uuid TEXT NOT NULL,
  volunteer_id BIGINT NOT NULL REFERENCES volunteers (id),
  household_id BIGINT NOT NULL REFERENCES households (id),
  meeting TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  happened_at TIMESTAMP NOT NULL,
  received_at TIMESTAMP NOT NULL,
  latitude_hundredths BIGINT,
  longitude_hundredths BIGINT,
  remarks TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  revision BIGINT NOT NULL DEFAULT 1,
  UNIQUE (volunteer_id, client_uuid)
);
CREATE INDEX check_ins_volunteer ON check_ins (volunteer_id, happened_at);

-- Appended only: a further revision never touches the rows of an earlier one.
CREATE TABLE check_in_observations (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  check_in_id BIGINT NOT NULL REFERENCES check_ins (id),
  revision BIGINT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  pairing_id BIGINT NOT NULL REFERENCES pairings (id),
  happened_at TIMESTAMP NOT NULL,
  mood BIGINT,
  health BIGINT,
  daily_care BIGINT,
  school BIGINT,
  family_contact BIGINT,
  needs TEXT NOT NULL,
  note_sealed TEXT,
  worry BOOLEAN NOT NULL,
  worry_sealed TEXT,
  written_by BIGINT NOT NULL REFERENCES people (id),
  written_at TIMESTAMP NOT NULL,
  UNIQUE (check_in_id, revision, child_id)
);
CREATE INDEX check_in_observations_child ON check_in_observations (child_id, happened_at);
CREATE INDEX check_in_observations_pairing ON check_in_observations (pairing_id, happened_at);
