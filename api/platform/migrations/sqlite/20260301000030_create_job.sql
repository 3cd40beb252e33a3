-- What happens later: events of the outbox and timed jobs. Claimed under a lease; `fence` counts the claims.
CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- Jobs of one lane run one after the other, in the order they were written.
    lane TEXT,
    unique_key TEXT,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    due_at TEXT NOT NULL,
    leased_until TEXT,
    fence INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    fault TEXT,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    UNIQUE (kind, unique_key)
) STRICT;
CREATE INDEX job_waiting ON job (due_at, seq) WHERE state = 'waiting';
CREATE INDEX job_by_lane ON job (kind, lane, seq) WHERE state = 'waiting';
CREATE INDEX job_ended ON job (state, ended_at);
