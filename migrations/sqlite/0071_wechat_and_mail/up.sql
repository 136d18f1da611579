-- The access token of a mini-program, shared by all processes; who may fetch the next one, and until when.
CREATE TABLE wechat_tokens (
  app_id TEXT NOT NULL PRIMARY KEY,
  token_sealed TEXT,
  expires_at TIMESTAMP,
  fetching_until TIMESTAMP,
  forced_at TIMESTAMP
);

-- Who wants no digests by e-mail any more.
CREATE TABLE email_stops (
  person_id BIGINT NOT NULL PRIMARY KEY REFERENCES people (id),
  since TIMESTAMP NOT NULL
);
