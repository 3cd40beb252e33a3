CREATE TABLE family_member (
    id UUID PRIMARY KEY,
    owner UUID NOT NULL REFERENCES resident (id),
    patient UUID NOT NULL REFERENCES resident (id),
    relation TEXT NOT NULL,
    proof TEXT NOT NULL,
    proof_number BYTEA,
    consent_version TEXT NOT NULL,
    consented_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    revoked_by UUID,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX family_member_by_owner ON family_member (owner, created_at);
CREATE INDEX family_member_by_patient ON family_member (patient);
CREATE UNIQUE INDEX family_member_open ON family_member (owner, patient) WHERE revoked_at IS NULL;

-- Whose affairs a resident is looking after at the moment; without a row the resident's own.
CREATE TABLE current_patient (
    owner UUID PRIMARY KEY REFERENCES resident (id),
    patient UUID NOT NULL REFERENCES resident (id)
);
