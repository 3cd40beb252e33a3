-- A text of a knowledge file, compressed, once however many releases hold it.
CREATE TABLE knowledge_blob (
    hash BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Immutable: named by the hash of all its files.
CREATE TABLE knowledge_release (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    note TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TEXT NOT NULL,
    n_files INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX knowledge_release_by_time ON knowledge_release (published_at);

CREATE TABLE knowledge_release_file (
    release TEXT NOT NULL REFERENCES knowledge_release (hash),
    name TEXT NOT NULL,
    blob BLOB NOT NULL REFERENCES knowledge_blob (hash),
    PRIMARY KEY (release, name)
) STRICT;

-- The release with the highest number is in use on every node; who was first wins a number.
CREATE TABLE knowledge_activation (
    seq INTEGER PRIMARY KEY,
    release TEXT NOT NULL REFERENCES knowledge_release (hash),
    activated_by TEXT NOT NULL,
    activated_at TEXT NOT NULL
) STRICT;
