-- A parent's consent to a version of the rules, and its withdrawal. Ended, never deleted.
CREATE TABLE consents (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  parent_person_id BIGINT NOT NULL REFERENCES people (id),
  rules_version TEXT NOT NULL,
  way TEXT NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES people (id),
  given_at TIMESTAMP NOT NULL,
  withdrawn_at TIMESTAMP,
  withdrawn_by BIGINT REFERENCES people (id),
  withdrawn_reason_sealed TEXT
);
CREATE INDEX consents_child ON consents (child_id, id);
