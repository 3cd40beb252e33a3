-- Who signed in by WeChat or phone is known by no birth date until the real name is verified; the column then holds
-- a day nobody reads.
ALTER TABLE resident ADD COLUMN birth_known BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE resident ADD COLUMN id_number BYTEA;
ALTER TABLE resident ADD COLUMN id_number_index BYTEA;
ALTER TABLE resident ADD COLUMN phone BYTEA;
ALTER TABLE resident ADD COLUMN phone_index BYTEA;
ALTER TABLE resident ADD COLUMN verified_at TIMESTAMPTZ;
ALTER TABLE resident ADD COLUMN verified_by TEXT;
CREATE UNIQUE INDEX resident_by_id_number ON resident (id_number_index);
CREATE UNIQUE INDEX resident_by_phone ON resident (phone_index);

-- By which outside accounts a resident signs in.
CREATE TABLE resident_login (
    id UUID PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('wechat', 'suishenban')),
    subject_index BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    resident UUID NOT NULL REFERENCES resident (id),
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (channel, subject_index)
);
CREATE INDEX resident_login_by_resident ON resident_login (resident);

-- A sign-in that went to an outside system and has not come back; taken out when it does.
CREATE TABLE sign_in_state (
    state_hash BYTEA PRIMARY KEY,
    browser_hash BYTEA NOT NULL,
    channel TEXT NOT NULL,
    next TEXT NOT NULL,
    -- The resident who asked for their own account to be verified by it.
    joins UUID,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE sms_code (
    id UUID PRIMARY KEY,
    phone_index BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    tries BIGINT NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX sms_code_by_phone ON sms_code (phone_index, sent_at);
