-- How a person settled what no machine could, and what they wrote about it.
ALTER TABLE messages ADD COLUMN settled_how TEXT;
ALTER TABLE messages ADD COLUMN settled_note_sealed TEXT;
ALTER TABLE calls ADD COLUMN note_sealed TEXT;
CREATE INDEX messages_area ON messages (area_code, id);
CREATE INDEX messages_unsettled ON messages (state, id) WHERE settled_at IS NULL AND state IN ('dead', 'unknown', 'undelivered');
