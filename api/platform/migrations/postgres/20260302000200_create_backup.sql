-- The backups that were made or restored here; not itself part of a backup.
CREATE TABLE backup_log (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('schedule', 'operator', 'before_restore', 'restore')),
    -- Where the file lies, on the node that made it.
    file TEXT NOT NULL,
    made_by TEXT NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    n_bytes BIGINT,
    n_rows BIGINT,
    -- SM3 of the whole file.
    hash TEXT,
    -- When it was last read back from the first byte to the last, and what was wrong.
    checked_at TIMESTAMPTZ,
    fault TEXT,
    -- When the file was removed because its time was over.
    removed_at TIMESTAMPTZ
);
CREATE INDEX backup_log_by_time ON backup_log (begun_at);
