-- A role does one kind of work; nobody does two kinds: the three administrators exclude each other and everybody else.
CREATE TABLE role (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    duty TEXT NOT NULL CHECK (duty IN ('business', 'system', 'security', 'audit')),
    built_in INTEGER NOT NULL,
    -- Grows with every change of its grants; what was decided on an older one is refused.
    version INTEGER NOT NULL,
    UNIQUE (key, duty)
) STRICT;

CREATE TABLE role_grant (
    role TEXT NOT NULL,
    duty TEXT NOT NULL,
    permission TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('own', 'assigned', 'department', 'institution', 'district')),
    -- Fields shown in full, with blanks between; all others are masked.
    fields TEXT NOT NULL,
    PRIMARY KEY (role, permission),
    FOREIGN KEY (role, duty) REFERENCES role (key, duty),
    CHECK (duty = CASE
        WHEN permission IN ('account.manage', 'system.operate', 'key.manage', 'backup.manage') THEN 'system'
        WHEN permission = 'role.manage' THEN 'security'
        WHEN permission IN ('audit.read', 'audit.export') THEN 'audit'
        ELSE 'business' END)
) STRICT;

-- The one kind of work somebody does while they hold a role.
CREATE TABLE duty (
    principal_id BLOB PRIMARY KEY,
    duty TEXT NOT NULL,
    UNIQUE (principal_id, duty)
) STRICT;

CREATE TABLE role_holder (
    principal_id BLOB NOT NULL,
    role TEXT NOT NULL,
    duty TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at TEXT NOT NULL,
    PRIMARY KEY (principal_id, role),
    FOREIGN KEY (principal_id, duty) REFERENCES duty (principal_id, duty),
    FOREIGN KEY (role, duty) REFERENCES role (key, duty)
) STRICT;
CREATE INDEX role_holder_by_role ON role_holder (role);

-- What every node looks at before it trusts what it remembers.
CREATE TABLE rights_version (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO rights_version (one, version) VALUES (1, 1);

CREATE TRIGGER role_grant_inserted AFTER INSERT ON role_grant
BEGIN UPDATE rights_version SET version = version + 1; END;
CREATE TRIGGER role_grant_updated AFTER UPDATE ON role_grant
BEGIN UPDATE rights_version SET version = version + 1; END;
CREATE TRIGGER role_grant_deleted AFTER DELETE ON role_grant
BEGIN UPDATE rights_version SET version = version + 1; END;
CREATE TRIGGER role_holder_inserted AFTER INSERT ON role_holder
BEGIN UPDATE rights_version SET version = version + 1; END;
CREATE TRIGGER role_holder_updated AFTER UPDATE ON role_holder
BEGIN UPDATE rights_version SET version = version + 1; END;
CREATE TRIGGER role_holder_deleted AFTER DELETE ON role_holder
BEGIN UPDATE rights_version SET version = version + 1; END;

INSERT INTO role (key, name, duty, built_in, version) VALUES
    ('doctor', '医生', 'business', TRUE, 1),
    ('pharmacist', '药师', 'business', TRUE, 1),
    ('editor', '知识编辑', 'business', TRUE, 1),
    ('admin', '业务管理员', 'business', TRUE, 1),
    ('reviewer', '实名审核员', 'business', TRUE, 1),
    ('service', '客服', 'business', TRUE, 1),
    ('quality', '院级质控员', 'business', TRUE, 1),
    ('system_admin', '系统管理员', 'system', TRUE, 1),
    ('security_admin', '安全管理员', 'security', TRUE, 1),
    ('audit_admin', '审计管理员', 'audit', TRUE, 1);

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('doctor', 'business', 'consultation.read', 'department', 'name diagnosis'),
    ('doctor', 'business', 'field.reveal', 'department', ''),
    ('doctor', 'business', 'knowledge.read', 'district', ''),
    ('pharmacist', 'business', 'knowledge.read', 'district', ''),
    ('editor', 'business', 'knowledge.read', 'district', ''),
    ('editor', 'business', 'knowledge.publish', 'district', ''),
    ('admin', 'business', 'knowledge.read', 'district', ''),
    ('admin', 'business', 'knowledge.publish', 'district', ''),
    ('admin', 'business', 'organisation.manage', 'district', ''),
    ('admin', 'business', 'entry.manage', 'district', ''),
    ('admin', 'business', 'message.template', 'district', ''),
    ('admin', 'business', 'message.log', 'district', ''),
    ('admin', 'business', 'feedback.handle', 'district', ''),
    ('admin', 'business', 'realname.review', 'district', 'name id_number'),
    ('admin', 'business', 'statistics.read', 'district', ''),
    ('admin', 'business', 'data.export', 'district', ''),
    ('reviewer', 'business', 'realname.review', 'district', 'name id_number'),
    ('reviewer', 'business', 'family.review', 'district', 'name id_number'),
    ('reviewer', 'business', 'field.reveal', 'district', ''),
    ('service', 'business', 'feedback.handle', 'district', 'name'),
    ('service', 'business', 'message.log', 'district', ''),
    ('service', 'business', 'field.reveal', 'district', ''),
    ('quality', 'business', 'consultation.read', 'institution', ''),
    ('quality', 'business', 'field.reveal', 'institution', ''),
    ('quality', 'business', 'statistics.read', 'institution', ''),
    ('system_admin', 'system', 'account.manage', 'district', ''),
    ('system_admin', 'system', 'system.operate', 'district', ''),
    ('system_admin', 'system', 'key.manage', 'district', ''),
    ('system_admin', 'system', 'backup.manage', 'district', ''),
    ('security_admin', 'security', 'role.manage', 'district', ''),
    ('audit_admin', 'audit', 'audit.read', 'district', ''),
    ('audit_admin', 'audit', 'audit.export', 'district', '');
