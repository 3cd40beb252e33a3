CREATE TABLE consultation (
    id BLOB PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES resident (id),
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asking', 'awaiting_confirmation', 'submitted', 'emergency', 'abandoned')),
    ended_at TEXT,
    -- The knowledge release it was begun under.
    release TEXT NOT NULL,
    -- Grows with every change; what was decided on an older one is refused.
    version INTEGER NOT NULL,
    -- Of the day it was begun, so that it can be replayed.
    age_months INTEGER NOT NULL,
    sex TEXT CHECK (sex IN ('female', 'male')),
    -- What the doctor's list shows.
    triage_level INTEGER CHECK (triage_level BETWEEN 1 AND 5),
    n_flags INTEGER NOT NULL,
    chief_complaint BLOB,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY (institution, department) REFERENCES department (institution, code),
    CHECK ((ended_at IS NOT NULL) = (state IN ('submitted', 'emergency', 'abandoned')))
) STRICT;
CREATE UNIQUE INDEX consultation_one_open ON consultation (resident_id)
    WHERE state IN ('asking', 'awaiting_confirmation');
CREATE INDEX consultation_by_resident ON consultation (resident_id, created_at);
CREATE INDEX consultation_by_department ON consultation (institution, department, updated_at);

-- One answered question. Taking an answer back voids its row and keeps it.
CREATE TABLE consultation_turn (
    id BLOB PRIMARY KEY,
    consultation_id BLOB NOT NULL REFERENCES consultation (id),
    -- Position in the dialogue from 0; one valid turn at each.
    ordinal INTEGER NOT NULL,
    question BLOB NOT NULL,
    answer BLOB NOT NULL,
    -- Remarks shown after the answer.
    notes BLOB NOT NULL,
    request_key TEXT NOT NULL,
    created_at TEXT NOT NULL,
    voided_at TEXT,
    void_reason TEXT,
    UNIQUE (consultation_id, request_key),
    CHECK ((voided_at IS NULL) = (void_reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX consultation_turn_valid ON consultation_turn (consultation_id, ordinal) WHERE voided_at IS NULL;

-- What the engine composed of the answers; a later version replaces an earlier one and keeps it.
CREATE TABLE consultation_record (
    id BLOB PRIMARY KEY,
    consultation_id BLOB NOT NULL REFERENCES consultation (id),
    version INTEGER NOT NULL,
    -- For patient and doctor.
    record BLOB NOT NULL,
    -- For the doctor only: triage and suspects.
    assessment BLOB NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (consultation_id, version)
) STRICT;

-- A change the patient made to a section of a record.
CREATE TABLE consultation_amendment (
    id BLOB PRIMARY KEY,
    record_id BLOB NOT NULL REFERENCES consultation_record (id),
    section TEXT NOT NULL,
    before BLOB NOT NULL,
    after BLOB NOT NULL,
    amended_by BLOB NOT NULL,
    amended_at TEXT NOT NULL
) STRICT;
CREATE INDEX consultation_amendment_by_record ON consultation_amendment (record_id, id);
