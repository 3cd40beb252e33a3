-- People of the support platform's directory as last read, and whom of ours each of them is.
CREATE TABLE directory_person (
    subject TEXT PRIMARY KEY,
    user_name TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    roles TEXT NOT NULL,
    active INTEGER NOT NULL,
    staff BLOB UNIQUE REFERENCES staff (id),
    closed_here INTEGER NOT NULL,
    -- Why nothing came of it.
    conflict TEXT,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX directory_person_in_conflict ON directory_person (name) WHERE conflict IS NOT NULL;

-- Which role of ours stands for one of the platform's.
CREATE TABLE directory_role (
    outside TEXT PRIMARY KEY,
    role TEXT NOT NULL REFERENCES role (key)
) STRICT;

-- The last reading, and from where the next one goes on.
CREATE TABLE directory_sync (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    watermark TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    ended_at TEXT,
    n_changed INTEGER NOT NULL,
    fault TEXT
) STRICT;
