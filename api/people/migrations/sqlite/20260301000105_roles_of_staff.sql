-- Which roles there are stands in one table; the role of a member of the staff is the first they hold.
CREATE TABLE staff_with_roles (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL REFERENCES role (key),
    title TEXT NOT NULL,
    institution TEXT NOT NULL,
    department TEXT NOT NULL,
    demo INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    FOREIGN KEY (institution, department) REFERENCES department (institution, code)
) STRICT;
INSERT INTO staff_with_roles SELECT id, name, role, title, institution, department, demo, created_at FROM staff;
DROP TABLE staff;
ALTER TABLE staff_with_roles RENAME TO staff;
CREATE INDEX staff_by_department ON staff (institution, department);

INSERT INTO duty (principal_id, duty) SELECT s.id, r.duty FROM staff s JOIN role r ON r.key = s.role;
INSERT INTO role_holder (principal_id, role, duty, given_by, given_at)
    SELECT s.id, s.role, r.duty, 'staff', s.created_at FROM staff s JOIN role r ON r.key = s.role;

CREATE TRIGGER staff_holds_role AFTER INSERT ON staff
BEGIN
    INSERT INTO duty (principal_id, duty) SELECT NEW.id, r.duty FROM role r
        WHERE r.key = NEW.role AND NOT EXISTS (SELECT 1 FROM duty d WHERE d.principal_id = NEW.id);
    INSERT INTO role_holder (principal_id, role, duty, given_by, given_at)
        SELECT NEW.id, NEW.role, r.duty, 'staff', NEW.created_at FROM role r WHERE r.key = NEW.role
            AND NOT EXISTS (SELECT 1 FROM role_holder h WHERE h.principal_id = NEW.id AND h.role = NEW.role);
END;

-- Somebody who keeps other roles cannot change to work of another kind.
CREATE TRIGGER staff_changes_role AFTER UPDATE OF role ON staff WHEN NEW.role <> OLD.role
BEGIN
    DELETE FROM role_holder WHERE principal_id = NEW.id AND role = OLD.role;
    DELETE FROM duty WHERE principal_id = NEW.id
        AND NOT EXISTS (SELECT 1 FROM role_holder h WHERE h.principal_id = NEW.id);
    INSERT INTO duty (principal_id, duty) SELECT NEW.id, r.duty FROM role r
        WHERE r.key = NEW.role AND NOT EXISTS (SELECT 1 FROM duty d WHERE d.principal_id = NEW.id);
    INSERT INTO role_holder (principal_id, role, duty, given_by, given_at)
        SELECT NEW.id, NEW.role, r.duty, 'staff', NEW.created_at FROM role r WHERE r.key = NEW.role
            AND NOT EXISTS (SELECT 1 FROM role_holder h WHERE h.principal_id = NEW.id AND h.role = NEW.role);
END;
