-- What became of every row of an imported ledger, and the row itself, so that a person can put it right later.
CREATE TABLE ledger_import_rows (
  import_id BIGINT NOT NULL REFERENCES ledger_imports (id),
  -- Order in the file, from 1.
  place BIGINT NOT NULL,
  verdict TEXT NOT NULL,
  child_id BIGINT REFERENCES children (id),
  -- The cells as written, and what was said about them.
  row_sealed TEXT NOT NULL,
  judged_by BIGINT REFERENCES people (id),
  judged_at TIMESTAMP NOT NULL,
  PRIMARY KEY (import_id, place)
);
CREATE INDEX ledger_import_rows_verdict ON ledger_import_rows (import_id, verdict);

-- Two villages that import at the same moment must not both take one child in.
DROP INDEX children_identity_number;
CREATE UNIQUE INDEX children_identity_number ON children (identity_number_index);
CREATE INDEX children_name_and_birth ON children (name, birth_date);
