-- A registration at an institution, as its HIS knows it.
CREATE TABLE visit (
    id UUID PRIMARY KEY,
    resident_id UUID NOT NULL REFERENCES resident (id),
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    doctor_id UUID REFERENCES staff (id),
    -- Of the HIS.
    number TEXT NOT NULL,
    -- What is known before the first question: what it is about, first or return visit, pregnancy, chronic diseases.
    intake BYTEA NOT NULL,
    scheduled_at TIMESTAMPTZ NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('app', 'wechat', 'suishenban', 'qr', 'registration')),
    state TEXT NOT NULL CHECK (state IN ('registered', 'cancelled', 'attended')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution, number),
    FOREIGN KEY (institution, department) REFERENCES department (institution, code)
);
CREATE INDEX visit_by_resident ON visit (resident_id, scheduled_at);

ALTER TABLE consultation ADD COLUMN visit_id UUID REFERENCES visit (id);
ALTER TABLE consultation ADD COLUMN entry TEXT NOT NULL DEFAULT 'app'
    CHECK (entry IN ('app', 'wechat', 'suishenban', 'qr', 'registration'));
-- What it asks and why; older ones have none and were asked by the AI dialogue.
ALTER TABLE consultation ADD COLUMN plan BYTEA;

-- One for each visit, and one open one beside them.
CREATE UNIQUE INDEX consultation_of_visit ON consultation (visit_id) WHERE visit_id IS NOT NULL AND state <> 'abandoned';
DROP INDEX consultation_one_open;
CREATE UNIQUE INDEX consultation_one_open ON consultation (resident_id)
    WHERE visit_id IS NULL AND state IN ('asking', 'awaiting_confirmation');
