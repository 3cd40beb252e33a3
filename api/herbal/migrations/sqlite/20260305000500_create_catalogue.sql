-- Companies that dispense, decoct and deliver; each is an institution too, so that its people have accounts.
CREATE TABLE herbal_company (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- Districts it delivers to, with commas between; empty for the whole city without Chongming.
    areas TEXT NOT NULL,
    -- Prescriptions a day; 0 where none was given.
    daily_capacity INTEGER NOT NULL CHECK (daily_capacity >= 0),
    phone TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- Who does what in a company: pharmacists, decoctors, drivers.
CREATE TABLE herbal_company_person (
    company TEXT NOT NULL REFERENCES herbal_company (code),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    post TEXT NOT NULL,
    licence TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (company, number)
) STRICT;

-- Pieces by the code of the medical insurance (医保统编代码).
CREATE TABLE herbal_piece (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    unit TEXT NOT NULL,
    -- First letters of the pinyin, for searching.
    initials TEXT NOT NULL,
    -- Key of the herb of exactly this name; NULL where none or several have it.
    concept TEXT,
    is_active INTEGER NOT NULL,
    -- Version of the catalogue in which it changed last.
    changed INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX herbal_piece_by_initials ON herbal_piece (initials);

-- So many fen for so many units, from a day on. The version is that of the catalogue; a later one of the same day counts.
CREATE TABLE herbal_price (
    piece TEXT NOT NULL REFERENCES herbal_piece (code),
    version INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    fen INTEGER NOT NULL CHECK (fen >= 0),
    per INTEGER NOT NULL CHECK (per > 0),
    PRIMARY KEY (piece, version)
) STRICT;

-- In thousandths of the piece's unit.
CREATE TABLE herbal_stock (
    company TEXT NOT NULL REFERENCES herbal_company (code),
    piece TEXT NOT NULL REFERENCES herbal_piece (code),
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    changed INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (company, piece)
) STRICT;

-- Grows by one with every change; locked by whoever changes something, so that nobody sees a gap that is filled later.
CREATE TABLE herbal_catalogue_version (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO herbal_catalogue_version (one, version) VALUES (1, 0);

-- Every change, for the history and for hospitals that fetch.
CREATE TABLE herbal_catalogue_change (
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('piece', 'price', 'stock')),
    piece TEXT NOT NULL,
    company TEXT,
    before TEXT,
    after TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (version, position)
) STRICT;
CREATE INDEX herbal_catalogue_change_by_piece ON herbal_catalogue_change (piece, version);

-- A file that was read and waits to be taken over.
CREATE TABLE herbal_catalogue_draft (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('pieces', 'stock')),
    company TEXT,
    file_name TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    rows TEXT NOT NULL,
    -- Version of the catalogue the preview compared it with.
    based_on INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    created_at TEXT NOT NULL,
    taken_version INTEGER
) STRICT;

-- How far each hospital has been told.
CREATE TABLE herbal_catalogue_push (
    institution TEXT PRIMARY KEY,
    sent_version INTEGER NOT NULL,
    receipt TEXT,
    fault TEXT,
    pushed_at TEXT
) STRICT;

CREATE TABLE herbal_catalogue_receipt (
    institution TEXT NOT NULL,
    version INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (institution, version)
) STRICT;
