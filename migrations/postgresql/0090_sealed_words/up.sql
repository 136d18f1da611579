-- Words that people type freely may hold names and numbers: sealed from now on. What was written before is taken as it
-- stands, and sealed by `xiangban keys rotate`.
ALTER TABLE households RENAME COLUMN contact_cadence_reason TO contact_cadence_reason_sealed;
ALTER TABLE reporter_openings RENAME COLUMN reason TO reason_sealed;
ALTER TABLE volunteers RENAME COLUMN words TO words_sealed;
ALTER TABLE volunteers RENAME COLUMN state_why TO state_why_sealed;
ALTER TABLE volunteer_proofs RENAME COLUMN reference TO reference_sealed;
ALTER TABLE hand_overs RENAME COLUMN received_by TO received_by_sealed;
ALTER TABLE idempotency_keys RENAME COLUMN body TO body_sealed;
