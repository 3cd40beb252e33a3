CREATE TABLE feedback (
    id BLOB PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    resident BLOB NOT NULL REFERENCES resident (id),
    category TEXT NOT NULL,
    institution TEXT REFERENCES institution (code),
    may_contact INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'handling', 'answered', 'closed')),
    handler BLOB,
    version INTEGER NOT NULL,
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    request_key TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- Since when somebody waits for the staff; empty when nobody does.
    waiting_since TEXT,
    answered_at TEXT,
    closed_at TEXT,
    UNIQUE (resident, request_key)
) STRICT;
CREATE INDEX feedback_by_resident ON feedback (resident, created_at);
CREATE INDEX feedback_by_state ON feedback (state, waiting_since);
CREATE INDEX feedback_by_time ON feedback (created_at);

CREATE TABLE feedback_entry (
    id BLOB PRIMARY KEY,
    feedback BLOB NOT NULL REFERENCES feedback (id),
    kind TEXT NOT NULL CHECK (kind IN ('text', 'follow_up', 'claimed', 'reply', 'note', 'closed', 'rated', 'reopened')),
    staff BLOB,
    text BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_entry_by_feedback ON feedback_entry (feedback, created_at);

CREATE TABLE feedback_photo (
    id BLOB PRIMARY KEY,
    entry BLOB NOT NULL REFERENCES feedback_entry (id),
    feedback BLOB NOT NULL REFERENCES feedback (id),
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_photo_by_feedback ON feedback_photo (feedback, created_at);
