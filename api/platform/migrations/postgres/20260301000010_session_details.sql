-- Sessions are short-lived: everybody signs in once more, and each row says which browser it belongs to and when
-- its owner last proved who they are.
DROP TABLE session;
CREATE TABLE session (
    token_hash BYTEA PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    principal_id UUID NOT NULL,
    principal JSONB NOT NULL,
    browser TEXT NOT NULL,
    address TEXT NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    proved_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX session_by_principal ON session (principal_id);
CREATE INDEX session_by_end ON session (ends_at);
