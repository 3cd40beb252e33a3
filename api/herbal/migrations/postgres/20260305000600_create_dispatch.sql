-- Who of a hospital's staff works for a company; its own people belong to it as to an institution.
CREATE TABLE herbal_company_member (
    staff UUID PRIMARY KEY REFERENCES staff (id),
    company TEXT NOT NULL REFERENCES herbal_company (code)
);

-- To which companies a hospital's prescriptions go, and how many parts of them to each.
CREATE TABLE herbal_share (
    institution TEXT NOT NULL REFERENCES institution (code),
    company TEXT NOT NULL REFERENCES herbal_company (code),
    parts BIGINT NOT NULL CHECK (parts BETWEEN 1 AND 100),
    PRIMARY KEY (institution, company)
);

-- The company that has it now.
ALTER TABLE prescription ADD COLUMN company TEXT REFERENCES herbal_company (code);
CREATE INDEX prescription_by_company ON prescription (company, state, changed_at);

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('doctor', 'business', 'prescription.write', 'department', ''),
    ('pharmacist', 'business', 'order.process', 'institution', 'name phone address'),
    ('herbal_company', 'business', 'order.process', 'institution', 'name phone address');
