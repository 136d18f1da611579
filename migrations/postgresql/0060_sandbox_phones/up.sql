-- The phone on whose screen a text appears: SMS, WeChat and e-mail of one person lie on one phone.
ALTER TABLE sandbox_texts ADD COLUMN phone_index TEXT NOT NULL DEFAULT '';
UPDATE sandbox_texts SET phone_index = address_index;
CREATE INDEX sandbox_texts_phone ON sandbox_texts (phone_index, id);
