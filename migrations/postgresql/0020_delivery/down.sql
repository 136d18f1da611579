DROP TABLE sandbox_texts;
DROP TABLE wechat_credits;
DROP TABLE inbox_items;
DROP TABLE calls;
DROP TABLE message_bars;
ALTER TABLE messages DROP COLUMN origin_id;
ALTER TABLE messages DROP COLUMN channel_attempts;
