CREATE TABLE realname_case (
    id UUID PRIMARY KEY,
    resident UUID NOT NULL REFERENCES resident (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'rejected')),
    -- What stands on the card as the resident typed it: sealed JSON.
    fields BYTEA,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ,
    claimed_by UUID,
    claimed_until TIMESTAMPTZ,
    decided_by UUID,
    decided_at TIMESTAMPTZ,
    reason_code TEXT,
    reason_text TEXT,
    wiped_at TIMESTAMPTZ
);
CREATE INDEX realname_case_by_state ON realname_case (state, submitted_at);
CREATE INDEX realname_case_by_resident ON realname_case (resident, created_at);
-- One open application per resident.
CREATE UNIQUE INDEX realname_case_open ON realname_case (resident) WHERE state IN ('draft', 'submitted');

CREATE TABLE realname_photo (
    id UUID PRIMARY KEY,
    case_id UUID NOT NULL REFERENCES realname_case (id),
    side TEXT NOT NULL CHECK (side IN ('front', 'back')),
    kind TEXT NOT NULL,
    content BYTEA NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    UNIQUE (case_id, side)
);
