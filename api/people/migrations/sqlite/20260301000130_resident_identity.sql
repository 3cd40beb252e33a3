-- Who signed in by WeChat or phone is known by no birth date until the real name is verified; the column then holds
-- a day nobody reads.
ALTER TABLE resident ADD COLUMN birth_known INTEGER NOT NULL DEFAULT TRUE;
ALTER TABLE resident ADD COLUMN id_number BLOB;
ALTER TABLE resident ADD COLUMN id_number_index BLOB;
ALTER TABLE resident ADD COLUMN phone BLOB;
ALTER TABLE resident ADD COLUMN phone_index BLOB;
ALTER TABLE resident ADD COLUMN verified_at TEXT;
ALTER TABLE resident ADD COLUMN verified_by TEXT;
CREATE UNIQUE INDEX resident_by_id_number ON resident (id_number_index);
CREATE UNIQUE INDEX resident_by_phone ON resident (phone_index);

-- By which outside accounts a resident signs in.
CREATE TABLE resident_login (
    id BLOB PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('wechat', 'suishenban')),
    subject_index BLOB NOT NULL,
    subject BLOB NOT NULL,
    resident BLOB NOT NULL REFERENCES resident (id),
    created_at TEXT NOT NULL,
    UNIQUE (channel, subject_index)
) STRICT;
CREATE INDEX resident_login_by_resident ON resident_login (resident);

-- A sign-in that went to an outside system and has not come back; taken out when it does.
CREATE TABLE sign_in_state (
    state_hash BLOB PRIMARY KEY,
    browser_hash BLOB NOT NULL,
    channel TEXT NOT NULL,
    next TEXT NOT NULL,
    -- The resident who asked for their own account to be verified by it.
    joins BLOB,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE sms_code (
    id BLOB PRIMARY KEY,
    phone_index BLOB NOT NULL,
    purpose TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    sent_at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    used_at TEXT
) STRICT;
CREATE INDEX sms_code_by_phone ON sms_code (phone_index, sent_at);
