-- The access log tells of a missing or altered entry: every entry has its place and a keyed hash over itself and the
-- one before. `length` and `head` move with each batch, under the row's lock, so that several processes make one chain.
ALTER TABLE access_log ADD COLUMN fields TEXT;
ALTER TABLE access_log ADD COLUMN reason_sealed TEXT;
ALTER TABLE access_log ADD COLUMN place BIGINT;
ALTER TABLE access_log ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX access_log_place ON access_log (place);
CREATE INDEX access_log_at ON access_log (at);

CREATE TABLE chains (
  name TEXT NOT NULL PRIMARY KEY,
  length BIGINT NOT NULL,
  head TEXT NOT NULL,
  -- Entries from before the chain.
  unchained BIGINT NOT NULL
);
