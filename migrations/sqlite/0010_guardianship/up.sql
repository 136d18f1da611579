-- The village's judgement on a carer for a child; a newer one does not overwrite the older.
CREATE TABLE capacity_assessments (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  carer_id BIGINT NOT NULL REFERENCES people (id),
  questionnaire TEXT NOT NULL,
  answers TEXT NOT NULL,
  conclusion TEXT NOT NULL,
  findings TEXT NOT NULL,
  reason_sealed TEXT,
  assessed_on DATE NOT NULL,
  assessed_by BIGINT NOT NULL REFERENCES people (id),
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX capacity_assessments_carer ON capacity_assessments (carer_id, child_id, id);
CREATE INDEX capacity_assessments_child ON capacity_assessments (child_id, id);

-- One row is one version of one agreement; versions share root_id (the id of the first).
CREATE TABLE agreements (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  root_id BIGINT,
  revision BIGINT NOT NULL,
  replaces_id BIGINT REFERENCES agreements (id),
  replaces_how TEXT,
  child_id BIGINT NOT NULL REFERENCES children (id),
  carer_id BIGINT NOT NULL REFERENCES people (id),
  village_code TEXT NOT NULL REFERENCES areas (code),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  term_from DATE NOT NULL,
  term_until DATE NOT NULL,
  details_sealed TEXT NOT NULL,
  amount_fen BIGINT,
  pay_period TEXT,
  payer TEXT,
  declaration_sealed TEXT,
  assessment_id BIGINT REFERENCES capacity_assessments (id),
  consent BOOLEAN,
  consented_on DATE,
  document_hash TEXT,
  signing_mode TEXT,
  sent_at TIMESTAMP,
  in_force_at TIMESTAMP,
  ended_on DATE,
  end_reason TEXT,
  evidence_count BIGINT NOT NULL DEFAULT 0,
  evidence_head TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX agreements_child ON agreements (child_id, state);
CREATE INDEX agreements_carer ON agreements (carer_id, state);
CREATE INDEX agreements_root ON agreements (root_id);
CREATE INDEX agreements_village ON agreements (village_code, state);
CREATE INDEX agreements_term ON agreements (state, term_until);

-- The text that was sent for signing, to the byte. Written once.
CREATE TABLE agreement_documents (
  agreement_id BIGINT NOT NULL PRIMARY KEY REFERENCES agreements (id),
  text_sealed TEXT NOT NULL,
  hash TEXT NOT NULL,
  hash_algorithm TEXT NOT NULL,
  template_version TEXT NOT NULL,
  frozen_at TIMESTAMP NOT NULL
);

-- Who signs. The child has no person of its own.
CREATE TABLE agreement_parties (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  role TEXT NOT NULL,
  person_id BIGINT REFERENCES people (id),
  signed_at TIMESTAMP
);
CREATE INDEX agreement_parties_agreement ON agreement_parties (agreement_id);
CREATE INDEX agreement_parties_person ON agreement_parties (person_id);

-- A signer's turn on the phone of a village official; a host has one open turn at a time, so the phone is handed over.
CREATE TABLE signing_turns (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  party_id BIGINT NOT NULL REFERENCES agreement_parties (id),
  host_id BIGINT NOT NULL REFERENCES people (id),
  device TEXT NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  seconds_since_previous BIGINT,
  closed_at TIMESTAMP,
  outcome TEXT
);
CREATE UNIQUE INDEX signing_turns_one_open ON signing_turns (host_id) WHERE closed_at IS NULL;
CREATE INDEX signing_turns_agreement ON signing_turns (agreement_id);

CREATE TABLE signatures (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  party_id BIGINT NOT NULL UNIQUE REFERENCES agreement_parties (id),
  document_hash TEXT NOT NULL,
  manner TEXT NOT NULL,
  reading TEXT NOT NULL,
  consent_text_version TEXT NOT NULL,
  signed_at TIMESTAMP NOT NULL,
  device_at TIMESTAMP NOT NULL,
  device TEXT NOT NULL,
  from_address TEXT,
  phone_index TEXT,
  code_id BIGINT,
  host_id BIGINT REFERENCES people (id),
  turn_id BIGINT REFERENCES signing_turns (id),
  vouched_because_sealed TEXT,
  strokes_sealed TEXT NOT NULL,
  strokes_hash TEXT NOT NULL
);
CREATE INDEX signatures_agreement ON signatures (agreement_id);

-- What happened to an agreement, as a hash chain (see src/guardianship/evidence.rs). Appended, never changed.
CREATE TABLE evidence_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  seq BIGINT NOT NULL,
  at TIMESTAMP NOT NULL,
  kind TEXT NOT NULL,
  actor_id BIGINT,
  body_sealed TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (agreement_id, seq)
);

-- Written notice to school and village (art. 23).
CREATE TABLE care_notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  addressee TEXT NOT NULL,
  organisation_id BIGINT REFERENCES organisations (id),
  area_code TEXT NOT NULL REFERENCES areas (code),
  text_sealed TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  issued_at TIMESTAMP NOT NULL,
  withdrawn_at TIMESTAMP,
  acknowledged_at TIMESTAMP,
  acknowledged_by BIGINT REFERENCES people (id),
  UNIQUE (agreement_id, addressee)
);
CREATE INDEX care_notices_organisation ON care_notices (organisation_id, acknowledged_at);
CREATE INDEX care_notices_area ON care_notices (area_code, acknowledged_at);
CREATE INDEX care_notices_child ON care_notices (child_id);

-- The parents are to find another carer (P17).
CREATE TABLE carer_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  child_id BIGINT NOT NULL REFERENCES children (id),
  carer_id BIGINT NOT NULL REFERENCES people (id),
  assessment_id BIGINT REFERENCES capacity_assessments (id),
  village_code TEXT NOT NULL REFERENCES areas (code),
  told_at TIMESTAMP NOT NULL,
  due_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  settled_how TEXT
);
CREATE INDEX carer_changes_child ON carer_changes (child_id, settled_at);

-- An agreement has ended: who has the child now?
CREATE TABLE hand_overs (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL UNIQUE REFERENCES agreements (id),
  child_id BIGINT NOT NULL REFERENCES children (id),
  village_code TEXT NOT NULL REFERENCES areas (code),
  opened_at TIMESTAMP NOT NULL,
  due_at TIMESTAMP NOT NULL,
  done_at TIMESTAMP,
  done_by BIGINT REFERENCES people (id),
  received_by TEXT,
  note_sealed TEXT
);
CREATE INDEX hand_overs_child ON hand_overs (child_id);

-- Pay for care, once for each period of all versions together.
CREATE TABLE remuneration_payments (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  agreement_id BIGINT NOT NULL REFERENCES agreements (id),
  root_id BIGINT NOT NULL REFERENCES agreements (id),
  period_from DATE NOT NULL,
  period_until DATE NOT NULL,
  amount_fen BIGINT NOT NULL,
  payer TEXT NOT NULL,
  paid_on DATE NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES people (id),
  recorded_at TIMESTAMP NOT NULL,
  UNIQUE (root_id, period_from)
);
