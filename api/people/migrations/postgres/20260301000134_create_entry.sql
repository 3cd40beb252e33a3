-- Third parties that lead residents in by signed links.
CREATE TABLE entry_partner (
    id UUID PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    secret BYTEA NOT NULL,
    return_address TEXT NOT NULL,
    services TEXT NOT NULL,
    fields TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- Words that were used; kept as long as a signature with them would be accepted.
CREATE TABLE entry_nonce (
    partner TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (partner, nonce)
);
CREATE INDEX entry_nonce_by_age ON entry_nonce (used_at);

-- One coming in by a link; goes on where it stopped for a sign-in or a verification.
CREATE TABLE entry_visit (
    id UUID PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    partner TEXT NOT NULL REFERENCES entry_partner (key),
    service TEXT NOT NULL,
    reference TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    resident UUID,
    patient UUID,
    ticket_hash BYTEA UNIQUE,
    ticket_at TIMESTAMPTZ,
    redeemed_at TIMESTAMPTZ
);
CREATE INDEX entry_visit_by_age ON entry_visit (created_at);
