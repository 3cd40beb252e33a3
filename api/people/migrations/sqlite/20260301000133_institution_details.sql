ALTER TABLE institution ADD COLUMN level TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE institution ADD COLUMN longitude REAL;
ALTER TABLE institution ADD COLUMN latitude REAL;
ALTER TABLE institution ADD COLUMN is_position_checked INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE institution ADD COLUMN payment_address TEXT NOT NULL DEFAULT '';
-- Shown to residents, in this order; null for those that are not.
ALTER TABLE institution ADD COLUMN place INTEGER;
ALTER TABLE institution ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
