DROP INDEX messages_unsettled;
DROP INDEX messages_area;
ALTER TABLE calls DROP COLUMN note_sealed;
ALTER TABLE messages DROP COLUMN settled_note_sealed;
ALTER TABLE messages DROP COLUMN settled_how;
