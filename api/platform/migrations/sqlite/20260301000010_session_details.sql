-- Sessions are short-lived: everybody signs in once more, and each row says which browser it belongs to and when
-- its owner last proved who they are.
DROP TABLE session;
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    principal_id BLOB NOT NULL,
    principal TEXT NOT NULL,
    browser TEXT NOT NULL,
    address TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    proved_at TEXT NOT NULL,
    ends_at TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_principal ON session (principal_id);
CREATE INDEX session_by_end ON session (ends_at);
