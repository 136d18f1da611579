-- When the stream of a gateway with an agreed rate is full again, in microseconds since 1970: one row for all workers.
CREATE TABLE gateway_paces (
  gateway TEXT NOT NULL PRIMARY KEY,
  full_at_micros BIGINT NOT NULL
);

-- What went out and was not refused, by minute: so that a quota over a whole gateway reads minutes, not messages.
CREATE TABLE gateway_minutes (
  gateway TEXT NOT NULL,
  minute TIMESTAMP NOT NULL,
  traffic TEXT NOT NULL,
  messages BIGINT NOT NULL,
  PRIMARY KEY (gateway, minute, traffic)
);
INSERT INTO gateway_minutes (gateway, minute, traffic, messages)
  SELECT gateway, substr(started_at, 1, 16) || ':00', traffic, COUNT(*) FROM attempts
  WHERE traffic <> '' AND state <> 'refused' GROUP BY 1, 2, 3;
DROP INDEX attempts_gateway;
CREATE INDEX attempts_started ON attempts (started_at);

-- Acceptances of a person as WeChat pushed them and as the phone told of them: of the two the larger counts.
ALTER TABLE wechat_credits ADD COLUMN pushed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE wechat_credits ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
