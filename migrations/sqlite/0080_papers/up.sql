-- The sealed paper of an agreement in force: one for each, made by a job that may be killed anywhere.
CREATE TABLE agreement_papers (
  agreement_id BIGINT NOT NULL PRIMARY KEY REFERENCES agreements (id),
  state TEXT NOT NULL,
  try_at TIMESTAMP NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  trouble TEXT,
  file_sealed TEXT,
  hash TEXT,
  hash_algorithm TEXT,
  sealed_at TIMESTAMP,
  stamped_at TIMESTAMP,
  stamped_by TEXT,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX agreement_papers_due ON agreement_papers (state, try_at);

-- Scans of agreements signed by hand; the newest counts, older ones stay.
CREATE TABLE paper_originals (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  document_hash TEXT NOT NULL,
  media_type TEXT NOT NULL,
  scan_sealed TEXT NOT NULL,
  hash TEXT NOT NULL,
  hash_algorithm TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  received_at TIMESTAMP NOT NULL,
  received_by BIGINT NOT NULL REFERENCES people (id)
);
CREATE INDEX paper_originals_agreement ON paper_originals (agreement_id, id);
