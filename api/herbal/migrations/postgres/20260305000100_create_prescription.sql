-- How an institution's prescriptions are audited, and the secret its HIS signs its calls with.
CREATE TABLE herbal_site (
    institution TEXT PRIMARY KEY REFERENCES institution (code),
    id UUID NOT NULL UNIQUE,
    secret BYTEA,
    -- So long a pharmacist has before the clock decides.
    audit_seconds BIGINT NOT NULL CHECK (audit_seconds BETWEEN 10 AND 86400),
    -- Prescriptions with blocking findings that were signed wait for a pharmacist, however long it takes.
    holds_signed BOOLEAN NOT NULL,
    -- Which rules run at which level, as JSON.
    rules TEXT NOT NULL,
    version BIGINT NOT NULL
);

-- Words of signed calls, each used once.
CREATE TABLE herbal_nonce (
    institution TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (institution, nonce)
);
CREATE INDEX herbal_nonce_by_time ON herbal_nonce (used_at);

-- A herbal prescription, from its upload until the patient has it.
CREATE TABLE prescription (
    id UUID PRIMARY KEY,
    institution TEXT NOT NULL REFERENCES institution (code),
    -- The hospital's number.
    number TEXT NOT NULL,
    department TEXT NOT NULL,
    department_name TEXT NOT NULL,
    doctor TEXT NOT NULL,
    doctor_name TEXT NOT NULL,
    -- Where the patient is known here.
    resident_id UUID REFERENCES resident (id),
    -- ID number of the patient, and by what it is found.
    id_number BYTEA,
    id_number_index BYTEA,
    -- Of the version in force.
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- Where it goes on when a refund is refused.
    resumes TEXT,
    -- When the clock decides; none where it does not.
    deadline TIMESTAMPTZ,
    -- Gravest finding of the version in force: 0 none, 1 hint, 2 warning, 3 a block that was signed.
    gravity BIGINT NOT NULL,
    is_decocted BOOLEAN NOT NULL,
    is_home BOOLEAN NOT NULL,
    claimed_by UUID REFERENCES staff (id),
    claimed_until TIMESTAMPTZ,
    -- Number of its last event.
    n_events BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution, number),
    CHECK ((id_number IS NULL) = (id_number_index IS NULL)),
    CHECK ((resumes IS NOT NULL) = (state = 'refund_requested')),
    CHECK (deadline IS NULL OR state = 'waiting')
);
CREATE INDEX prescription_waiting ON prescription (deadline) WHERE state = 'waiting';
CREATE INDEX prescription_by_patient ON prescription (id_number_index, created_at);
CREATE INDEX prescription_by_state ON prescription (state, changed_at);

-- What was prescribed; nothing is overwritten, a change is a new version.
CREATE TABLE prescription_version (
    id UUID PRIMARY KEY,
    prescription_id UUID NOT NULL REFERENCES prescription (id),
    version BIGINT NOT NULL,
    -- The whole document.
    content BYTEA NOT NULL,
    -- Of the knowledge it was reviewed with.
    release TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (prescription_id, version)
);

-- What the rules found in a version, and the prescriber's second signature.
CREATE TABLE prescription_finding (
    id UUID PRIMARY KEY,
    version_id UUID NOT NULL REFERENCES prescription_version (id),
    ordinal BIGINT NOT NULL,
    rule TEXT NOT NULL,
    level TEXT NOT NULL,
    -- Code of the review of prescriptions.
    comment TEXT NOT NULL,
    -- Lines, message, remedy, facts, source.
    content BYTEA NOT NULL,
    signed_by TEXT,
    signed_at TIMESTAMPTZ,
    sign_reason BYTEA,
    UNIQUE (version_id, ordinal),
    CHECK ((signed_by IS NULL) = (sign_reason IS NULL) AND (signed_by IS NULL) = (signed_at IS NULL))
);
CREATE INDEX prescription_finding_by_rule ON prescription_finding (rule);

-- The one verdict of a version, by a pharmacist or by the clock: the primary key lets no second one in.
CREATE TABLE prescription_verdict (
    version_id UUID PRIMARY KEY REFERENCES prescription_version (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'rejected', 'timed_out')),
    auditor UUID REFERENCES staff (id),
    -- Codes of the reasons of a rejection, with blanks between.
    reasons TEXT NOT NULL,
    note BYTEA,
    decided_at TIMESTAMPTZ NOT NULL,
    -- What passed by time-out is looked at afterwards.
    reviewed_by UUID REFERENCES staff (id),
    reviewed_at TIMESTAMPTZ,
    is_sound BOOLEAN,
    review_note BYTEA,
    CHECK ((verdict = 'timed_out') = (auditor IS NULL)),
    CHECK ((verdict = 'rejected') = (reasons <> '')),
    CHECK (reviewed_at IS NULL OR verdict = 'timed_out'),
    CHECK ((reviewed_at IS NULL) = (is_sound IS NULL) AND (reviewed_at IS NULL) = (reviewed_by IS NULL))
);
CREATE INDEX prescription_verdict_open ON prescription_verdict (decided_at)
    WHERE verdict = 'timed_out' AND reviewed_at IS NULL;

-- Every step with who, when and where.
CREATE TABLE prescription_event (
    id UUID PRIMARY KEY,
    prescription_id UUID NOT NULL REFERENCES prescription (id),
    seq BIGINT NOT NULL,
    version BIGINT NOT NULL,
    event TEXT NOT NULL,
    -- The state after it.
    state TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    -- Id of who did it, with the name as it is told to patients and hospitals.
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    -- Reason, place, weight, temperature: whatever was told of it, as JSON.
    detail BYTEA,
    UNIQUE (prescription_id, seq)
);

-- What is to reach the hospital: one row for each event it has to hear of.
CREATE TABLE prescription_notice (
    id UUID PRIMARY KEY REFERENCES prescription_event (id),
    prescription_id UUID NOT NULL REFERENCES prescription (id),
    institution TEXT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused')),
    tries BIGINT NOT NULL,
    -- Not tried again before.
    due_at TIMESTAMPTZ NOT NULL,
    reason TEXT,
    receipt TEXT,
    changed_at TIMESTAMPTZ NOT NULL,
    UNIQUE (prescription_id, seq),
    CHECK ((state = 'delivered') = (receipt IS NOT NULL))
);
CREATE INDEX prescription_notice_waiting ON prescription_notice (due_at) WHERE state = 'waiting';

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('pharmacist', 'business', 'prescription.audit', 'institution', 'name diagnosis'),
    ('pharmacist', 'business', 'field.reveal', 'institution', '');
