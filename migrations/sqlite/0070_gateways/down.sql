DROP TABLE receipt_parts;
DROP TABLE gateway_stops;
DROP INDEX attempts_gateway;
ALTER TABLE attempts DROP COLUMN cost_hao;
ALTER TABLE attempts DROP COLUMN traffic;
ALTER TABLE attempts DROP COLUMN form;
