-- Looks at a child's record beyond the looker's reach, and what the review of each found.
CREATE TABLE record_openings (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  village_code TEXT NOT NULL REFERENCES areas (code),
  person_id BIGINT NOT NULL REFERENCES people (id),
  post TEXT,
  reason_sealed TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  reviewed_at TIMESTAMP,
  reviewed_by BIGINT REFERENCES people (id),
  verdict TEXT,
  note_sealed TEXT
);
CREATE INDEX record_openings_village ON record_openings (village_code, id);
