-- Attempts are the ledger of quotas and costs: under which form of the vendor, what kind of traffic, at what price.
ALTER TABLE attempts ADD COLUMN form TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN traffic TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN cost_hao BIGINT NOT NULL DEFAULT 0;
CREATE INDEX attempts_gateway ON attempts (gateway, started_at);

-- A gateway, or one form of it (empty = all), through which nothing goes until it is lifted or a probe got through.
CREATE TABLE gateway_stops (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  gateway TEXT NOT NULL,
  form TEXT NOT NULL,
  code TEXT NOT NULL,
  since TIMESTAMP NOT NULL,
  probe_at TIMESTAMP NOT NULL,
  probes BIGINT NOT NULL DEFAULT 0,
  lifted_at TIMESTAMP,
  lifted_by BIGINT REFERENCES people (id)
);
CREATE UNIQUE INDEX gateway_stops_standing ON gateway_stops (gateway, form) WHERE lifted_at IS NULL;

-- Receipts of the parts of a long SMS, where the vendor tells of each.
CREATE TABLE receipt_parts (
  message_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  part BIGINT NOT NULL,
  total BIGINT NOT NULL,
  delivered BOOLEAN NOT NULL,
  at TIMESTAMP NOT NULL,
  PRIMARY KEY (message_id, number, part)
);
