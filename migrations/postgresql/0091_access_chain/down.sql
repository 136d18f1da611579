DROP TABLE chains;
DROP INDEX access_log_at;
DROP INDEX access_log_place;
ALTER TABLE access_log DROP COLUMN hash;
ALTER TABLE access_log DROP COLUMN place;
ALTER TABLE access_log DROP COLUMN reason_sealed;
ALTER TABLE access_log DROP COLUMN fields;
