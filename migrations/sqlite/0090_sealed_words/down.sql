ALTER TABLE idempotency_keys RENAME COLUMN body_sealed TO body;
ALTER TABLE hand_overs RENAME COLUMN received_by_sealed TO received_by;
ALTER TABLE volunteer_proofs RENAME COLUMN reference_sealed TO reference;
ALTER TABLE volunteers RENAME COLUMN state_why_sealed TO state_why;
ALTER TABLE volunteers RENAME COLUMN words_sealed TO words;
ALTER TABLE reporter_openings RENAME COLUMN reason_sealed TO reason;
ALTER TABLE households RENAME COLUMN contact_cadence_reason_sealed TO contact_cadence_reason;
