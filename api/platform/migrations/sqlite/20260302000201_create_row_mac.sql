-- MACs over rows in the clear that decide who may do what: which table, which part of it (as all grants of one role),
-- which row, by which key version.
CREATE TABLE row_mac (
    of_table TEXT NOT NULL,
    part TEXT NOT NULL,
    row_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (of_table, row_key)
) STRICT;
CREATE INDEX row_mac_by_part ON row_mac (of_table, part);

-- From when on the rows of a table carry MACs, with a MAC of its own.
CREATE TABLE row_mac_begun (
    of_table TEXT PRIMARY KEY,
    schema_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    mac BLOB NOT NULL
) STRICT;
