CREATE TABLE institution (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE department (
    institution TEXT NOT NULL REFERENCES institution (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (institution, code)
);

CREATE TABLE resident (
    id UUID PRIMARY KEY,
    name BYTEA NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('female', 'male', 'unknown')),
    birth_date DATE NOT NULL,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE staff (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('doctor', 'pharmacist', 'editor', 'admin')),
    title TEXT NOT NULL,
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    FOREIGN KEY (institution, department) REFERENCES department (institution, code)
);
CREATE INDEX staff_by_department ON staff (institution, department);
