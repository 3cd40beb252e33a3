-- A knowledge file that is being changed; all who may publish work on the same one.
CREATE TABLE knowledge_draft (
    file TEXT PRIMARY KEY,
    -- The release in use when it was begun.
    base TEXT NOT NULL REFERENCES knowledge_release (hash),
    text TEXT NOT NULL,
    -- Grows with every change; what was decided on an older one is refused.
    version BIGINT NOT NULL,
    edited_by TEXT NOT NULL,
    edited_at TIMESTAMPTZ NOT NULL
);

-- Rules tried on the visits of the last month; what is kept of them are counts and examples without persons.
CREATE TABLE knowledge_trial (
    id UUID PRIMARY KEY,
    file TEXT NOT NULL,
    -- As it was when somebody asked, and the release it is compared with.
    text TEXT NOT NULL,
    release TEXT NOT NULL REFERENCES knowledge_release (hash),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    n_done BIGINT NOT NULL,
    n_all BIGINT NOT NULL,
    effect TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE INDEX knowledge_trial_by_file ON knowledge_trial (file, asked_at);
