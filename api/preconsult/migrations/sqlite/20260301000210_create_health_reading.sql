-- What a resident read, one sealed list for each, so that no query tells who read about what.
CREATE TABLE health_reading (
    resident_id BLOB PRIMARY KEY REFERENCES resident (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    articles BLOB NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- What all of them thought of an article, without anybody's name.
CREATE TABLE health_tally (
    article TEXT PRIMARY KEY,
    useful INTEGER NOT NULL DEFAULT 0 CHECK (useful >= 0),
    useless INTEGER NOT NULL DEFAULT 0 CHECK (useless >= 0)
) STRICT;
