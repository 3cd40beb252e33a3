-- Which roles there are stands in one table; the role of a member of the staff is the first they hold.
ALTER TABLE staff DROP CONSTRAINT staff_role_check;
ALTER TABLE staff ADD CONSTRAINT staff_role_exists FOREIGN KEY (role) REFERENCES role (key);

INSERT INTO duty (principal_id, duty) SELECT s.id, r.duty FROM staff s JOIN role r ON r.key = s.role;
INSERT INTO role_holder (principal_id, role, duty, given_by, given_at)
    SELECT s.id, s.role, r.duty, 'staff', s.created_at FROM staff s JOIN role r ON r.key = s.role;

-- Somebody who keeps other roles cannot change to work of another kind.
CREATE FUNCTION hold_role_of_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM role_holder WHERE principal_id = NEW.id AND role = OLD.role;
        DELETE FROM duty WHERE principal_id = NEW.id
            AND NOT EXISTS (SELECT 1 FROM role_holder h WHERE h.principal_id = NEW.id);
    END IF;
    INSERT INTO duty (principal_id, duty) SELECT NEW.id, r.duty FROM role r WHERE r.key = NEW.role
        ON CONFLICT DO NOTHING;
    INSERT INTO role_holder (principal_id, role, duty, given_by, given_at)
        SELECT NEW.id, NEW.role, r.duty, 'staff', NEW.created_at FROM role r WHERE r.key = NEW.role
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER staff_holds_role AFTER INSERT ON staff FOR EACH ROW EXECUTE FUNCTION hold_role_of_staff();
CREATE TRIGGER staff_changes_role AFTER UPDATE OF role ON staff FOR EACH ROW
    WHEN (NEW.role IS DISTINCT FROM OLD.role) EXECUTE FUNCTION hold_role_of_staff();
