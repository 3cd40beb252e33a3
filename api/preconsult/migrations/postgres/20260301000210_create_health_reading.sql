-- What a resident read, one sealed list for each, so that no query tells who read about what.
CREATE TABLE health_reading (
    resident_id UUID PRIMARY KEY REFERENCES resident (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    articles BYTEA NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- What all of them thought of an article, without anybody's name.
CREATE TABLE health_tally (
    article TEXT PRIMARY KEY,
    useful BIGINT NOT NULL DEFAULT 0 CHECK (useful >= 0),
    useless BIGINT NOT NULL DEFAULT 0 CHECK (useless >= 0)
);
