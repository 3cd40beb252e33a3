-- Where a deed came from. Rows of the time before stay as they are, and verifiable.
ALTER TABLE audit_log ADD COLUMN address TEXT;
ALTER TABLE audit_log ADD COLUMN device TEXT;
CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_time ON audit_log (at);

-- A check of the whole chain that somebody asked for, with how far it is.
CREATE TABLE audit_check (
    id BLOB PRIMARY KEY,
    begun_at TEXT NOT NULL,
    begun_by TEXT NOT NULL,
    -- When it last said how far it is; an old one was broken off.
    seen_at TEXT NOT NULL,
    rows_checked INTEGER NOT NULL,
    rows_all INTEGER NOT NULL,
    ended_at TEXT,
    -- The first row that is not as it was written.
    broken_at INTEGER,
    fault TEXT,
    CHECK ((broken_at IS NULL) = (fault IS NULL)),
    CHECK (fault IS NULL OR ended_at IS NOT NULL)
) STRICT;
CREATE INDEX audit_check_by_time ON audit_check (begun_at);
