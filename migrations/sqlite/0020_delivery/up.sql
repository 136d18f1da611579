-- Tries on the present channel, counted apart from all tries; the message that a copy on another channel repeats.
ALTER TABLE messages ADD COLUMN channel_attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN origin_id BIGINT;

-- Who must not be told any more, about one child or at all, and why. Ended, never deleted.
CREATE TABLE message_bars (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  child_id BIGINT REFERENCES children (id),
  reason TEXT NOT NULL,
  since TIMESTAMP NOT NULL,
  until TIMESTAMP
);
CREATE INDEX message_bars_person ON message_bars (person_id) WHERE until IS NULL;

-- Whom somebody must phone because no machine could tell them.
CREATE TABLE calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  message_id BIGINT NOT NULL UNIQUE REFERENCES messages (id),
  person_id BIGINT NOT NULL REFERENCES people (id),
  child_id BIGINT REFERENCES children (id),
  area_code TEXT NOT NULL,
  why TEXT NOT NULL,
  words_sealed TEXT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  not_before TIMESTAMP NOT NULL,
  created_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  settled_by BIGINT
);
CREATE INDEX calls_open ON calls (area_code, id) WHERE settled_at IS NULL;

-- Replies for a human being to read.
CREATE TABLE inbox_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  inbound_id BIGINT NOT NULL REFERENCES inbound (id),
  place BIGINT NOT NULL,
  why TEXT NOT NULL,
  person_id BIGINT REFERENCES people (id),
  child_id BIGINT REFERENCES children (id),
  area_code TEXT NOT NULL,
  from_sealed TEXT NOT NULL,
  text_sealed TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  settled_by BIGINT,
  note_sealed TEXT,
  UNIQUE (inbound_id, place)
);
CREATE INDEX inbox_items_open ON inbox_items (area_code, id) WHERE settled_at IS NULL;

-- WeChat: one acceptance is one message.
CREATE TABLE wechat_credits (
  person_id BIGINT NOT NULL REFERENCES people (id),
  template TEXT NOT NULL,
  credits BIGINT NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, template)
);

-- What the sandbox keeps instead of sending, and what is typed on its phones.
CREATE TABLE sandbox_texts (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  reference TEXT NOT NULL UNIQUE,
  direction TEXT NOT NULL,
  channel TEXT NOT NULL,
  address_index TEXT NOT NULL,
  address_sealed TEXT NOT NULL,
  subject_sealed TEXT,
  text_sealed TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  read_at TIMESTAMP
);
CREATE INDEX sandbox_texts_address ON sandbox_texts (address_index, id);
