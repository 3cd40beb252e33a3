-- The role of the companies that dispense, decoct and deliver herbal prescriptions, and who has to do with them.
INSERT INTO role (key, name, duty, built_in, version) VALUES ('herbal_company', '代煎企业', 'business', TRUE, 1);
INSERT INTO role_grant (role, duty, permission, scope, fields) VALUES
    ('herbal_company', 'business', 'herbal.catalogue.read', 'institution', ''),
    ('herbal_company', 'business', 'herbal.stock', 'institution', ''),
    ('herbal_company', 'business', 'herbal.statement', 'institution', ''),
    ('pharmacist', 'business', 'herbal.catalogue.read', 'institution', ''),
    ('pharmacist', 'business', 'herbal.statement', 'institution', ''),
    ('admin', 'business', 'herbal.catalogue.read', 'district', ''),
    ('admin', 'business', 'herbal.catalogue', 'district', ''),
    ('admin', 'business', 'herbal.stock', 'district', ''),
    ('admin', 'business', 'herbal.statement', 'district', ''),
    ('admin', 'business', 'herbal.settle', 'district', '');
