-- A questionnaire of an institution; what it says stands in its versions.
CREATE TABLE template (
    id UUID PRIMARY KEY,
    institution TEXT NOT NULL,
    -- NULL: the whole institution.
    department TEXT,
    code TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('own', 'generic', 'shenkang')),
    -- The questionnaire of the district's library it takes the place of.
    replaces TEXT,
    disease TEXT,
    title TEXT NOT NULL,
    owner UUID NOT NULL,
    -- State of its newest version.
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'published', 'retired')),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution, code)
);

CREATE TABLE template_version (
    id UUID PRIMARY KEY,
    template_id UUID NOT NULL REFERENCES template (id),
    number BIGINT NOT NULL,
    -- The .form and the .cases file.
    text TEXT NOT NULL,
    cases TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'published', 'retired')),
    -- Grows with every change; what was decided on an older one is refused.
    version BIGINT NOT NULL,
    author UUID NOT NULL,
    -- Who let it pass for the department, where the institution wants two looks.
    department_reviewer UUID,
    reviewer UUID,
    -- Of the last review, also when it was sent back.
    review_note TEXT,
    retire_reason TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    retired_at TIMESTAMPTZ,
    UNIQUE (template_id, number),
    CHECK (state <> 'published' OR (reviewer IS NOT NULL AND published_at IS NOT NULL)),
    CHECK (reviewer IS NULL OR reviewer <> author)
);
-- One that is worked on and one that patients fill in, at most.
CREATE UNIQUE INDEX template_version_open ON template_version (template_id) WHERE state IN ('draft', 'in_review');
CREATE UNIQUE INDEX template_version_in_use ON template_version (template_id) WHERE state = 'published';

-- What a draft said before each change, to take the change back; also who wrote it and so may not review it.
CREATE TABLE template_edit (
    version_id UUID NOT NULL REFERENCES template_version (id),
    ordinal BIGINT NOT NULL,
    text TEXT NOT NULL,
    cases TEXT NOT NULL,
    what TEXT NOT NULL,
    by_staff UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    is_undone BOOLEAN NOT NULL,
    PRIMARY KEY (version_id, ordinal)
);

-- Which templates a department uses, in order; one without a row is used as its questionnaire says.
CREATE TABLE template_use (
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    -- own: a code of the institution; generic: an id of the district's library.
    kind TEXT NOT NULL CHECK (kind IN ('own', 'generic')),
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    is_on BOOLEAN NOT NULL,
    PRIMARY KEY (institution, department, kind, name)
);

-- How an institution reviews.
CREATE TABLE template_policy (
    institution TEXT PRIMARY KEY,
    -- First somebody for the department, then somebody else for the institution.
    is_two_step BOOLEAN NOT NULL
);

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('doctor', 'business', 'template.edit', 'department', ''),
    ('quality', 'business', 'template.review', 'institution', ''),
    ('admin', 'business', 'template.edit', 'district', ''),
    ('admin', 'business', 'template.review', 'district', '');
