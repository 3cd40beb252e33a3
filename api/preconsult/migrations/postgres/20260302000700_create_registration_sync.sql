-- How far the registrations of each institution's HIS were taken over.
CREATE TABLE registration_sync (
    institution TEXT PRIMARY KEY REFERENCES institution (code),
    -- Of the HIS; none before the first page.
    cursor TEXT,
    tried_at TIMESTAMPTZ NOT NULL,
    -- Why the last try failed, without anything personal.
    fault TEXT
);
