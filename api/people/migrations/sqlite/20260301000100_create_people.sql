CREATE TABLE institution (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE department (
    institution TEXT NOT NULL REFERENCES institution (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (institution, code)
) STRICT;

CREATE TABLE resident (
    id BLOB PRIMARY KEY,
    name BLOB NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('female', 'male', 'unknown')),
    birth_date TEXT NOT NULL,
    demo INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE staff (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('doctor', 'pharmacist', 'editor', 'admin')),
    title TEXT NOT NULL,
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    demo INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    FOREIGN KEY (institution, department) REFERENCES department (institution, code)
) STRICT;
CREATE INDEX staff_by_department ON staff (institution, department);
