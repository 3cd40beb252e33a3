-- How one of the staff signs in. User names are kept in small letters.
CREATE TABLE account (
    staff BLOB PRIMARY KEY REFERENCES staff (id),
    user_name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    password_set_at TEXT NOT NULL,
    must_change INTEGER NOT NULL,
    disabled_at TEXT,
    totp_secret BLOB,
    totp_since TEXT,
    -- The last time step a code was accepted for: no code is accepted twice.
    totp_step INTEGER,
    totp_pending BLOB,
    last_sign_in_at TEXT,
    enabled_at TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- The last passwords, the one in use among them.
CREATE TABLE password_history (
    account BLOB NOT NULL REFERENCES account (staff),
    set_at TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX password_history_by_account ON password_history (account, set_at);

-- One-time codes for whoever lost the second factor; only keyed hashes.
CREATE TABLE recovery_code (
    account BLOB NOT NULL REFERENCES account (staff),
    code_hash BLOB NOT NULL,
    used_at TEXT,
    PRIMARY KEY (account, code_hash)
) STRICT;

-- Attempts to sign in, by account name, by network address, by account at its second factor; keyed hashes.
CREATE TABLE sign_in_limit (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    n INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    locked_until TEXT,
    PRIMARY KEY (kind, key)
) STRICT;

-- A password was right and more is asked; no session yet and no rights.
CREATE TABLE sign_in_step (
    token_hash BLOB PRIMARY KEY,
    account BLOB NOT NULL REFERENCES account (staff),
    code_passed INTEGER NOT NULL,
    next TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;

-- The code of the first set-up, until it was used.
CREATE TABLE account_setup (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    code_hash BLOB NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;
