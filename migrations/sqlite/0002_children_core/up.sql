-- The child, the household it lives in, and who is tied to it.
CREATE TABLE households (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  village_code TEXT NOT NULL REFERENCES areas (code),
  address_sealed TEXT,
  contact_cadence_days BIGINT,
  contact_cadence_reason TEXT,
  version BIGINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX households_village ON households (village_code);

-- An adult (or adult sibling) of a household: kin, guardianship, whereabouts, condition.
CREATE TABLE household_members (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  household_id BIGINT NOT NULL REFERENCES households (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  kin TEXT NOT NULL,
  holds_guardianship BOOLEAN NOT NULL,
  condition TEXT NOT NULL DEFAULT 'able',
  condition_since DATE,
  away_place TEXT,
  away_outside_county BOOLEAN NOT NULL DEFAULT FALSE,
  away_since DATE,
  backup_order BIGINT,
  since DATE NOT NULL,
  until DATE
);
CREATE INDEX household_members_household ON household_members (household_id);
CREATE INDEX household_members_person ON household_members (person_id);

CREATE TABLE children (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  household_id BIGINT NOT NULL REFERENCES households (id),
  name TEXT NOT NULL,
  sex TEXT NOT NULL,
  birth_date DATE NOT NULL,
  village_code TEXT NOT NULL REFERENCES areas (code),
  identity_number_sealed TEXT,
  identity_number_index TEXT,
  phone_sealed TEXT,
  rural_registration BOOLEAN NOT NULL DEFAULT TRUE,
  ethnicity TEXT,
  state TEXT NOT NULL DEFAULT 'active',
  risk_level TEXT NOT NULL DEFAULT 'none',
  confirmed_at TIMESTAMP NOT NULL,
  exited_at TIMESTAMP,
  exit_reason TEXT,
  version BIGINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX children_village ON children (village_code, state);
CREATE INDEX children_household ON children (household_id);
CREATE INDEX children_identity_number ON children (identity_number_index);
CREATE INDEX children_name ON children (name);

-- What gives somebody without a post in the area sight of a child. Ended, never deleted.
CREATE TABLE child_ties (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  kind TEXT NOT NULL,
  person_id BIGINT REFERENCES people (id),
  organisation_id BIGINT REFERENCES organisations (id),
  since TIMESTAMP NOT NULL,
  until TIMESTAMP
);
CREATE INDEX child_ties_child ON child_ties (child_id, kind);
CREATE INDEX child_ties_person ON child_ties (person_id, kind);
CREATE INDEX child_ties_organisation ON child_ties (organisation_id, kind);
