CREATE TABLE family_member (
    id BLOB PRIMARY KEY,
    owner BLOB NOT NULL REFERENCES resident (id),
    patient BLOB NOT NULL REFERENCES resident (id),
    relation TEXT NOT NULL,
    proof TEXT NOT NULL,
    proof_number BLOB,
    consent_version TEXT NOT NULL,
    consented_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    revoked_by BLOB,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX family_member_by_owner ON family_member (owner, created_at);
CREATE INDEX family_member_by_patient ON family_member (patient);
CREATE UNIQUE INDEX family_member_open ON family_member (owner, patient) WHERE revoked_at IS NULL;

-- Whose affairs a resident is looking after at the moment; without a row the resident's own.
CREATE TABLE current_patient (
    owner BLOB PRIMARY KEY REFERENCES resident (id),
    patient BLOB NOT NULL REFERENCES resident (id)
) STRICT;
