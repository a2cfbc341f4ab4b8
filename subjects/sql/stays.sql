-- A leave lies inside its stay, whichever of the two is written last.
CREATE OR REPLACE FUNCTION subjects_keep_leave_inside() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    outside boolean;
BEGIN
    IF TG_TABLE_NAME = 'subjects_leave' THEN
        SELECT NEW.voided_at IS NULL AND NOT
            (tstzrange(admitted_at, discharged_at, '[]') @> tstzrange(NEW.left_at, NEW.returned_at) AND admitted_at IS NOT NULL)
        INTO outside FROM subjects_stay WHERE id = NEW.stay_id FOR SHARE;
    ELSE
        outside := EXISTS (
            SELECT FROM subjects_leave WHERE stay_id = NEW.id AND voided_at IS NULL
            AND (NEW.admitted_at IS NULL
                 OR NOT tstzrange(NEW.admitted_at, NEW.discharged_at, '[]') @> tstzrange(left_at, returned_at))
        );
    END IF;
    IF outside THEN
        RAISE EXCEPTION 'A leave lies inside its stay'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'leave_inside_stay';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_leave_inside BEFORE INSERT OR UPDATE ON subjects_leave
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_leave_inside();
CREATE TRIGGER keep_leave_inside BEFORE UPDATE OF admitted_at, discharged_at ON subjects_stay
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_leave_inside();

-- When the next timed sample of a visit is due that nobody has answered, counted from time zero.
CREATE OR REPLACE FUNCTION subjects_next_sample(of_visit bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT min(date_trunc('minute', zero.done_at) + make_interval(mins => (sample ->> 0)::int))
    FROM subjects_visit v
    JOIN trials_visitprocedure dose ON dose.visit_id = v.definition_id AND dose.is_time_zero
    JOIN subjects_procedurerecord zero ON zero.visit_id = v.id
        AND zero.definition_id = dose.procedure_id AND zero.outcome IN ('done', 'partly')
    JOIN trials_visitprocedure cell ON cell.visit_id = v.definition_id
    CROSS JOIN LATERAL jsonb_array_elements(cell.offsets) AS sample
    WHERE v.id = of_visit AND (sample ->> 0)::int >= 0 AND NOT EXISTS (
        SELECT FROM subjects_procedurerecord said
        WHERE said.visit_id = v.id AND said.definition_id = cell.procedure_id
        AND said.minute = (sample ->> 0)::int AND said.outcome <> 'open'
    )
$$;
