ALTER TABLE institution ADD COLUMN level TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN longitude DOUBLE PRECISION;
ALTER TABLE institution ADD COLUMN latitude DOUBLE PRECISION;
ALTER TABLE institution ADD COLUMN is_position_checked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE institution ADD COLUMN payment_address TEXT NOT NULL DEFAULT '';
-- Shown to residents, in this order; null for those that are not.
ALTER TABLE institution ADD COLUMN place BIGINT;
ALTER TABLE institution ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
