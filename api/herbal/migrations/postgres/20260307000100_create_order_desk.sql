-- By what an order is looked for beside its numbers: the patient's name, phone and sex as prescribed last.
ALTER TABLE prescription ADD COLUMN patient_name BYTEA;
ALTER TABLE prescription ADD COLUMN patient_name_index BYTEA;
ALTER TABLE prescription ADD COLUMN phone BYTEA;
ALTER TABLE prescription ADD COLUMN phone_index BYTEA;
ALTER TABLE prescription ADD COLUMN sex TEXT;
-- When a company got it last; counts against what it can do in a day.
ALTER TABLE prescription ADD COLUMN dispatched_at TIMESTAMPTZ;
-- When somebody has to look after it, because it has stood too long where it stands.
ALTER TABLE prescription ADD COLUMN attend_by TIMESTAMPTZ;
CREATE INDEX prescription_by_alarm ON prescription (attend_by) WHERE attend_by IS NOT NULL;
CREATE INDEX prescription_by_name ON prescription (patient_name_index, created_at);
CREATE INDEX prescription_by_phone ON prescription (phone_index, created_at);
CREATE INDEX prescription_by_day ON prescription (created_at, id);
CREATE INDEX prescription_by_dispatch ON prescription (company, dispatched_at);

INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('admin', 'business', 'order.manage', 'district', 'name phone address'),
    ('pharmacist', 'business', 'order.manage', 'institution', 'name phone address');
