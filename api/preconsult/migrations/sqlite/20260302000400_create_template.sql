-- A questionnaire of an institution; what it says stands in its versions.
CREATE TABLE template (
    id BLOB PRIMARY KEY,
    institution TEXT NOT NULL,
    -- NULL: the whole institution.
    department TEXT,
    code TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('own', 'generic', 'shenkang')),
    -- The questionnaire of the district's library it takes the place of.
    replaces TEXT,
    disease TEXT,
    title TEXT NOT NULL,
    owner BLOB NOT NULL,
    -- State of its newest version.
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'published', 'retired')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (institution, code)
) STRICT;

CREATE TABLE template_version (
    id BLOB PRIMARY KEY,
    template_id BLOB NOT NULL REFERENCES template (id),
    number INTEGER NOT NULL,
    -- The .form and the .cases file.
    text TEXT NOT NULL,
    cases TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'published', 'retired')),
    -- Grows with every change; what was decided on an older one is refused.
    version INTEGER NOT NULL,
    author BLOB NOT NULL,
    -- Who let it pass for the department, where the institution wants two looks.
    department_reviewer BLOB,
    reviewer BLOB,
    -- Of the last review, also when it was sent back.
    review_note TEXT,
    retire_reason TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    submitted_at TEXT,
    published_at TEXT,
    retired_at TEXT,
    UNIQUE (template_id, number),
    CHECK (state <> 'published' OR (reviewer IS NOT NULL AND published_at IS NOT NULL)),
    CHECK (reviewer IS NULL OR reviewer <> author)
) STRICT;
-- One that is worked on and one that patients fill in, at most.
CREATE UNIQUE INDEX template_version_open ON template_version (template_id) WHERE state IN ('draft', 'in_review');
CREATE UNIQUE INDEX template_version_in_use ON template_version (template_id) WHERE state = 'published';

-- What a draft said before each change, to take the change back; also who wrote it and so may not review it.
CREATE TABLE template_edit (
    version_id BLOB NOT NULL REFERENCES template_version (id),
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    cases TEXT NOT NULL,
    what TEXT NOT NULL,
    by_staff BLOB NOT NULL,
    at TEXT NOT NULL,
    is_undone INTEGER NOT NULL,
    PRIMARY KEY (version_id, ordinal)
) STRICT;

-- Which templates a department uses, in order; one without a row is used as its questionnaire says.
CREATE TABLE template_use (
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    -- own: a code of the institution; generic: an id of the district's library.
    kind TEXT NOT NULL CHECK (kind IN ('own', 'generic')),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    is_on INTEGER NOT NULL,
    PRIMARY KEY (institution, department, kind, name)
) STRICT;

-- How an institution reviews.
CREATE TABLE template_policy (
    institution TEXT PRIMARY KEY,
    -- First somebody for the department, then somebody else for the institution.
    is_two_step INTEGER NOT NULL
) STRICT;

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('doctor', 'business', 'template.edit', 'department', ''),
    ('quality', 'business', 'template.review', 'institution', ''),
    ('admin', 'business', 'template.edit', 'district', ''),
    ('admin', 'business', 'template.review', 'district', '');
