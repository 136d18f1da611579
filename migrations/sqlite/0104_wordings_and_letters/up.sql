-- What papers say in an area, version by version; a row without a text withdraws the area's own wording.
CREATE TABLE wordings (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  area_code TEXT NOT NULL REFERENCES areas (code),
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  text TEXT,
  note TEXT,
  set_at TIMESTAMP NOT NULL,
  set_by BIGINT NOT NULL REFERENCES people (id),
  UNIQUE (area_code, kind, version)
);

-- Official letters: admonitions and decisions on subsidies. The words are written once; a job seals the paper.
CREATE TABLE letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  kind TEXT NOT NULL,
  year BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  agreement_id BIGINT REFERENCES agreements (id),
  village_code TEXT NOT NULL REFERENCES areas (code),
  sender TEXT NOT NULL,
  wording TEXT NOT NULL,
  text_sealed TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  granted BOOLEAN,
  amount_fen BIGINT,
  from_on DATE,
  until_on DATE,
  issued_at TIMESTAMP NOT NULL,
  issued_by BIGINT NOT NULL REFERENCES people (id),
  state TEXT NOT NULL,
  try_at TIMESTAMP NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  trouble TEXT,
  file_sealed TEXT,
  hash TEXT,
  sealed_at TIMESTAMP,
  stamped_at TIMESTAMP,
  stamped_by TEXT,
  served_on DATE,
  served_how TEXT,
  served_note_sealed TEXT,
  served_by BIGINT REFERENCES people (id),
  UNIQUE (kind, year, seq)
);
CREATE INDEX letters_child ON letters (child_id, id);
CREATE INDEX letters_due ON letters (state, try_at);
