-- The event a medication is taken for is one of the same subject; what is voided stays as it is.
CREATE OR REPLACE FUNCTION safety_keep_medication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'A voided medication stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'medication_voided_is_kept';
    END IF;
    IF NEW.event_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM safety_adverseevent e
        WHERE e.id = NEW.event_id AND e.subject_id = NEW.subject_id
    ) THEN
        RAISE EXCEPTION 'The event is one of another subject'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'medication_event_of_the_subject';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_medication BEFORE INSERT OR UPDATE ON safety_medication
    FOR EACH ROW EXECUTE FUNCTION safety_keep_medication();
