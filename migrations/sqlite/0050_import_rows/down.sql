DROP INDEX children_name_and_birth;
DROP INDEX children_identity_number;
CREATE INDEX children_identity_number ON children (identity_number_index);
DROP TABLE ledger_import_rows;
