ALTER TABLE wechat_credits DROP COLUMN told;
ALTER TABLE wechat_credits DROP COLUMN pushed;
DROP INDEX attempts_started;
CREATE INDEX attempts_gateway ON attempts (gateway, started_at);
DROP TABLE gateway_minutes;
DROP TABLE gateway_paces;
