CREATE TABLE realname_case (
    id BLOB PRIMARY KEY,
    resident BLOB NOT NULL REFERENCES resident (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'rejected')),
    -- What stands on the card as the resident typed it: sealed JSON.
    fields BLOB,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    submitted_at TEXT,
    claimed_by BLOB,
    claimed_until TEXT,
    decided_by BLOB,
    decided_at TEXT,
    reason_code TEXT,
    reason_text TEXT,
    wiped_at TEXT
) STRICT;
CREATE INDEX realname_case_by_state ON realname_case (state, submitted_at);
CREATE INDEX realname_case_by_resident ON realname_case (resident, created_at);
-- One open application per resident.
CREATE UNIQUE INDEX realname_case_open ON realname_case (resident) WHERE state IN ('draft', 'submitted');

CREATE TABLE realname_photo (
    id BLOB PRIMARY KEY,
    case_id BLOB NOT NULL REFERENCES realname_case (id),
    side TEXT NOT NULL CHECK (side IN ('front', 'back')),
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    taken_at TEXT NOT NULL,
    UNIQUE (case_id, side)
) STRICT;
