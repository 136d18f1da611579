DROP TABLE inbound;
DROP TABLE attempts;
DROP TABLE reminders;
DROP TABLE messages;
DROP TABLE duty_audience;
DROP TABLE duties;
