-- Third parties that lead residents in by signed links.
CREATE TABLE entry_partner (
    id BLOB PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    secret BLOB NOT NULL,
    return_address TEXT NOT NULL,
    services TEXT NOT NULL,
    fields TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- Words that were used; kept as long as a signature with them would be accepted.
CREATE TABLE entry_nonce (
    partner TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used_at TEXT NOT NULL,
    PRIMARY KEY (partner, nonce)
) STRICT;
CREATE INDEX entry_nonce_by_age ON entry_nonce (used_at);

-- One coming in by a link; goes on where it stopped for a sign-in or a verification.
CREATE TABLE entry_visit (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    partner TEXT NOT NULL REFERENCES entry_partner (key),
    service TEXT NOT NULL,
    reference TEXT NOT NULL,
    created_at TEXT NOT NULL,
    resident BLOB,
    patient BLOB,
    ticket_hash BLOB UNIQUE,
    ticket_at TEXT,
    redeemed_at TEXT
) STRICT;
CREATE INDEX entry_visit_by_age ON entry_visit (created_at);
