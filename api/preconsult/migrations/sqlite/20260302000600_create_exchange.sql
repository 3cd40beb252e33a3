-- What is to reach a hospital's own systems: one row for each consultation and system.
CREATE TABLE delivery (
    id BLOB PRIMARY KEY,
    consultation_id BLOB NOT NULL REFERENCES consultation (id),
    resident_id BLOB NOT NULL REFERENCES resident (id),
    institution TEXT NOT NULL REFERENCES institution (code),
    target TEXT NOT NULL CHECK (target IN ('his', 'emr')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused')),
    -- Order among those of one patient for one system of one institution.
    sequence INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    -- Not tried again before.
    due_at TEXT NOT NULL,
    -- Why it still waits or was refused: a code, nothing of what the other side wrote.
    reason TEXT,
    receipt TEXT,
    -- Who imported it; none for what goes by itself.
    by_staff BLOB REFERENCES staff (id),
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (consultation_id, target),
    UNIQUE (target, institution, resident_id, sequence),
    CHECK ((state = 'delivered') = (receipt IS NOT NULL))
) STRICT;
CREATE INDEX delivery_by_time ON delivery (changed_at, id);
CREATE INDEX delivery_waiting ON delivery (target, institution, resident_id, sequence) WHERE state = 'waiting';

-- How an institution gets its data; one without a row is pushed to.
CREATE TABLE institution_exchange (
    institution TEXT PRIMARY KEY REFERENCES institution (code),
    id BLOB NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('push', 'pull', 'both')),
    -- What it signs its own calls with.
    secret BLOB,
    -- Of the last entry of its feed.
    position INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Consultations in the order they were sent, for institutions that fetch them.
CREATE TABLE feed_entry (
    institution TEXT NOT NULL REFERENCES institution (code),
    position INTEGER NOT NULL,
    consultation_id BLOB NOT NULL UNIQUE REFERENCES consultation (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (institution, position)
) STRICT;

-- Words of signed calls, each used once.
CREATE TABLE feed_nonce (
    institution TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used_at TEXT NOT NULL,
    PRIMARY KEY (institution, nonce)
) STRICT;

-- The patient showed the code at the desk.
CREATE TABLE consultation_verification (
    consultation_id BLOB PRIMARY KEY REFERENCES consultation (id),
    verified_by BLOB NOT NULL REFERENCES staff (id),
    verified_at TEXT NOT NULL
) STRICT;

-- What the health archive told, under the patient's consent, with what the patient said to it.
CREATE TABLE consultation_archive (
    id BLOB PRIMARY KEY,
    consultation_id BLOB NOT NULL UNIQUE REFERENCES consultation (id),
    consented_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'fetched', 'none', 'failed')),
    items BLOB NOT NULL,
    version INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- Templates of others: of Shenkang (申康) or, by its code, of an institution.
CREATE TABLE foreign_template (
    id BLOB PRIMARY KEY,
    source TEXT NOT NULL,
    code TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    -- SM3 of the content, in hex.
    hash TEXT NOT NULL,
    content TEXT NOT NULL,
    -- As a text of this house; empty when it cannot be read.
    text TEXT NOT NULL,
    -- What is wrong with it or was lost.
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'taken', 'conflict', 'dropped')),
    received_at TEXT NOT NULL,
    decided_by BLOB REFERENCES staff (id),
    decided_at TEXT,
    UNIQUE (source, code, version, hash)
) STRICT;

CREATE TABLE foreign_dictionary (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Pairs of code and meaning, as JSON.
    entries TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (source, name)
) STRICT;

-- Templates of ours on their way to Shenkang.
CREATE TABLE template_upload (
    id BLOB PRIMARY KEY,
    code TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused')),
    tries INTEGER NOT NULL,
    reason TEXT,
    receipt TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (code, version),
    CHECK ((state = 'delivered') = (receipt IS NOT NULL))
) STRICT;

-- Each exchange of templates.
CREATE TABLE template_sync (
    id BLOB PRIMARY KEY,
    -- `shenkang` or the code of an institution.
    source TEXT NOT NULL,
    -- By hand; none when it was time.
    by_staff BLOB REFERENCES staff (id),
    started_at TEXT NOT NULL,
    n_new INTEGER NOT NULL,
    n_conflicts INTEGER NOT NULL,
    n_same INTEGER NOT NULL,
    n_dictionaries INTEGER NOT NULL,
    -- Why it broke off.
    fault TEXT,
    -- Where the next one begins.
    cursor TEXT
) STRICT;
CREATE INDEX template_sync_by_source ON template_sync (source, started_at);
