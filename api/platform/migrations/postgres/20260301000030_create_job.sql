-- What happens later: events of the outbox and timed jobs. Claimed under a lease; `fence` counts the claims.
CREATE TABLE job (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- Jobs of one lane run one after the other, in the order they were written.
    lane TEXT,
    unique_key TEXT,
    payload JSONB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    due_at TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    fence BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    fault TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    UNIQUE (kind, unique_key)
);
CREATE INDEX job_waiting ON job (due_at, seq) WHERE state = 'waiting';
CREATE INDEX job_by_lane ON job (kind, lane, seq) WHERE state = 'waiting';
CREATE INDEX job_ended ON job (state, ended_at);
