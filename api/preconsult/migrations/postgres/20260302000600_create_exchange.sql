-- What is to reach a hospital's own systems: one row for each consultation and system.
CREATE TABLE delivery (
    id UUID PRIMARY KEY,
    consultation_id UUID NOT NULL REFERENCES consultation (id),
    resident_id UUID NOT NULL REFERENCES resident (id),
    institution TEXT NOT NULL REFERENCES institution (code),
    target TEXT NOT NULL CHECK (target IN ('his', 'emr')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused')),
    -- Order among those of one patient for one system of one institution.
    sequence BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    -- Not tried again before.
    due_at TIMESTAMPTZ NOT NULL,
    -- Why it still waits or was refused: a code, nothing of what the other side wrote.
    reason TEXT,
    receipt TEXT,
    -- Who imported it; none for what goes by itself.
    by_staff UUID REFERENCES staff (id),
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    UNIQUE (consultation_id, target),
    UNIQUE (target, institution, resident_id, sequence),
    CHECK ((state = 'delivered') = (receipt IS NOT NULL))
);
CREATE INDEX delivery_by_time ON delivery (changed_at, id);
CREATE INDEX delivery_waiting ON delivery (target, institution, resident_id, sequence) WHERE state = 'waiting';

-- How an institution gets its data; one without a row is pushed to.
CREATE TABLE institution_exchange (
    institution TEXT PRIMARY KEY REFERENCES institution (code),
    id UUID NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('push', 'pull', 'both')),
    -- What it signs its own calls with.
    secret BYTEA,
    -- Of the last entry of its feed.
    position BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Consultations in the order they were sent, for institutions that fetch them.
CREATE TABLE feed_entry (
    institution TEXT NOT NULL REFERENCES institution (code),
    position BIGINT NOT NULL,
    consultation_id UUID NOT NULL UNIQUE REFERENCES consultation (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (institution, position)
);

-- Words of signed calls, each used once.
CREATE TABLE feed_nonce (
    institution TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (institution, nonce)
);

-- The patient showed the code at the desk.
CREATE TABLE consultation_verification (
    consultation_id UUID PRIMARY KEY REFERENCES consultation (id),
    verified_by UUID NOT NULL REFERENCES staff (id),
    verified_at TIMESTAMPTZ NOT NULL
);

-- What the health archive told, under the patient's consent, with what the patient said to it.
CREATE TABLE consultation_archive (
    id UUID PRIMARY KEY,
    consultation_id UUID NOT NULL UNIQUE REFERENCES consultation (id),
    consented_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'fetched', 'none', 'failed')),
    items BYTEA NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Templates of others: of Shenkang (申康) or, by its code, of an institution.
CREATE TABLE foreign_template (
    id UUID PRIMARY KEY,
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
    received_at TIMESTAMPTZ NOT NULL,
    decided_by UUID REFERENCES staff (id),
    decided_at TIMESTAMPTZ,
    UNIQUE (source, code, version, hash)
);

CREATE TABLE foreign_dictionary (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Pairs of code and meaning, as JSON.
    entries TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source, name)
);

-- Templates of ours on their way to Shenkang.
CREATE TABLE template_upload (
    id UUID PRIMARY KEY,
    code TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused')),
    tries BIGINT NOT NULL,
    reason TEXT,
    receipt TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    UNIQUE (code, version),
    CHECK ((state = 'delivered') = (receipt IS NOT NULL))
);

-- Each exchange of templates.
CREATE TABLE template_sync (
    id UUID PRIMARY KEY,
    -- `shenkang` or the code of an institution.
    source TEXT NOT NULL,
    -- By hand; none when it was time.
    by_staff UUID REFERENCES staff (id),
    started_at TIMESTAMPTZ NOT NULL,
    n_new BIGINT NOT NULL,
    n_conflicts BIGINT NOT NULL,
    n_same BIGINT NOT NULL,
    n_dictionaries BIGINT NOT NULL,
    -- Why it broke off.
    fault TEXT,
    -- Where the next one begins.
    cursor TEXT
);
CREATE INDEX template_sync_by_source ON template_sync (source, started_at);
