-- A grade is one that the dictionary defines for its term; what is voided stays as it is.
CREATE OR REPLACE FUNCTION safety_refuse_undefined_grade() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    IF NEW.grading_term_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT CASE NEW.grade WHEN 1 THEN grade_1 WHEN 2 THEN grade_2 WHEN 3 THEN grade_3
        WHEN 4 THEN grade_4 WHEN 5 THEN grade_5 END INTO said
    FROM safety_gradingterm WHERE id = NEW.grading_term_id;
    IF coalesce(said, '') = '' THEN
        RAISE EXCEPTION 'Grade % is not defined for this term', NEW.grade
            USING ERRCODE = 'check_violation', CONSTRAINT = 'event_grade_is_defined';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER grade_is_defined BEFORE INSERT OR UPDATE OF grading_term_id, grade
    ON safety_adverseevent FOR EACH ROW EXECUTE FUNCTION safety_refuse_undefined_grade();
CREATE TRIGGER grade_is_defined BEFORE INSERT OR UPDATE OF grading_term_id, grade
    ON safety_regrading FOR EACH ROW EXECUTE FUNCTION safety_refuse_undefined_grade();

CREATE OR REPLACE FUNCTION safety_keep_voided_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A voided event stays as it is'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'event_voided_is_kept';
END $$;

CREATE TRIGGER voided_is_kept BEFORE UPDATE ON safety_adverseevent
    FOR EACH ROW WHEN (OLD.voided_at IS NOT NULL) EXECUTE FUNCTION safety_keep_voided_event();
