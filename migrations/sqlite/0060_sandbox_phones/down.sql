DROP INDEX sandbox_texts_phone;
ALTER TABLE sandbox_texts DROP COLUMN phone_index;
