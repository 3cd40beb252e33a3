-- How one of the staff signs in. User names are kept in small letters.
CREATE TABLE account (
    staff UUID PRIMARY KEY REFERENCES staff (id),
    user_name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    password_set_at TIMESTAMPTZ NOT NULL,
    must_change BOOLEAN NOT NULL,
    disabled_at TIMESTAMPTZ,
    totp_secret BYTEA,
    totp_since TIMESTAMPTZ,
    -- The last time step a code was accepted for: no code is accepted twice.
    totp_step BIGINT,
    totp_pending BYTEA,
    last_sign_in_at TIMESTAMPTZ,
    enabled_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- The last passwords, the one in use among them.
CREATE TABLE password_history (
    account UUID NOT NULL REFERENCES account (staff),
    set_at TIMESTAMPTZ NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX password_history_by_account ON password_history (account, set_at);

-- One-time codes for whoever lost the second factor; only keyed hashes.
CREATE TABLE recovery_code (
    account UUID NOT NULL REFERENCES account (staff),
    code_hash BYTEA NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (account, code_hash)
);

-- Attempts to sign in, by account name, by network address, by account at its second factor; keyed hashes.
CREATE TABLE sign_in_limit (
    kind TEXT NOT NULL,
    key BYTEA NOT NULL,
    n BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    locked_until TIMESTAMPTZ,
    PRIMARY KEY (kind, key)
);

-- A password was right and more is asked; no session yet and no rights.
CREATE TABLE sign_in_step (
    token_hash BYTEA PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (staff),
    code_passed BOOLEAN NOT NULL,
    next TEXT NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);

-- The code of the first set-up, until it was used.
CREATE TABLE account_setup (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    code_hash BYTEA NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);
