DROP TABLE email_stops;
DROP TABLE wechat_tokens;
