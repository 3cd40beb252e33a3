CREATE TABLE feedback (
    id UUID PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    resident UUID NOT NULL REFERENCES resident (id),
    category TEXT NOT NULL,
    institution TEXT REFERENCES institution (code),
    may_contact BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'handling', 'answered', 'closed')),
    handler UUID,
    version BIGINT NOT NULL,
    stars BIGINT CHECK (stars BETWEEN 1 AND 5),
    request_key TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- Since when somebody waits for the staff; empty when nobody does.
    waiting_since TIMESTAMPTZ,
    answered_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    UNIQUE (resident, request_key)
);
CREATE INDEX feedback_by_resident ON feedback (resident, created_at);
CREATE INDEX feedback_by_state ON feedback (state, waiting_since);
CREATE INDEX feedback_by_time ON feedback (created_at);

CREATE TABLE feedback_entry (
    id UUID PRIMARY KEY,
    feedback UUID NOT NULL REFERENCES feedback (id),
    kind TEXT NOT NULL CHECK (kind IN ('text', 'follow_up', 'claimed', 'reply', 'note', 'closed', 'rated', 'reopened')),
    staff UUID,
    text BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX feedback_entry_by_feedback ON feedback_entry (feedback, created_at);

CREATE TABLE feedback_photo (
    id UUID PRIMARY KEY,
    entry UUID NOT NULL REFERENCES feedback_entry (id),
    feedback UUID NOT NULL REFERENCES feedback (id),
    kind TEXT NOT NULL,
    content BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX feedback_photo_by_feedback ON feedback_photo (feedback, created_at);
