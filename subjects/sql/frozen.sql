-- A completed visit keeps its dates: later plans, anchors and versions pass it by.
CREATE OR REPLACE FUNCTION subjects_keep_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.frozen_at IS NOT NULL AND (OLD.target_on, OLD.earliest_on, OLD.latest_on, OLD.definition_id,
                                      OLD.lineage, OLD.cycle, OLD.sequence, OLD.subject_id)
        IS DISTINCT FROM (NEW.target_on, NEW.earliest_on, NEW.latest_on, NEW.definition_id,
                          NEW.lineage, NEW.cycle, NEW.sequence, NEW.subject_id) THEN
        RAISE EXCEPTION 'A completed visit keeps its dates'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_frozen_is_kept';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_frozen BEFORE UPDATE ON subjects_visit
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_frozen();
