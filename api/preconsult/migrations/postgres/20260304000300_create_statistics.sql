-- Consultations whose counts are out of date: a row for each change, written in its transaction.
CREATE TABLE statistics_due (
    id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    PRIMARY KEY (id, consultation_id)
);

-- Whoever counts holds this row.
CREATE TABLE statistics_state (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    counted_at TIMESTAMPTZ
);
INSERT INTO statistics_state (one) VALUES (1);

-- As what a consultation was counted, so that it can be taken back exactly.
CREATE TABLE statistics_fact (
    consultation_id UUID PRIMARY KEY,
    fact BYTEA NOT NULL
);

-- How many consultations: of the district ('', ''), of each institution (code, '') and of each department.
CREATE TABLE statistics_count (
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    -- By what they are told apart; `value` is one of its values.
    dimension TEXT NOT NULL,
    -- In China, in days since 1970-01-01.
    day BIGINT NOT NULL,
    value TEXT NOT NULL,
    n_begun BIGINT NOT NULL,
    n_submitted BIGINT NOT NULL,
    n_emergency BIGINT NOT NULL,
    n_abandoned BIGINT NOT NULL,
    PRIMARY KEY (institution, department, dimension, day, value)
);

-- How questions of questionnaires were answered, by the same three levels.
CREATE TABLE statistics_answer (
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    template TEXT NOT NULL,
    version TEXT NOT NULL,
    -- In China: 12 times the year and the number of the month from 0.
    month BIGINT NOT NULL,
    question TEXT NOT NULL,
    -- `asked`, `answered`, or `=` and an option.
    option TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (institution, department, template, version, month, question, option)
);

-- What the questions of a counted questionnaire are; it says nothing of a person.
CREATE TABLE statistics_template (
    template TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    questions TEXT NOT NULL,
    PRIMARY KEY (template, version)
);

-- The list of reports patients filled in, newest first: of the district, of an institution, of a department.
CREATE INDEX consultation_submitted ON consultation (ended_at, id) WHERE state = 'submitted';
CREATE INDEX consultation_submitted_here ON consultation (institution, ended_at, id) WHERE state = 'submitted';
CREATE INDEX consultation_submitted_there ON consultation (institution, department, ended_at, id)
    WHERE state = 'submitted';

-- What was there before is counted too.
INSERT INTO statistics_due (id, consultation_id) SELECT id, id FROM consultation;
