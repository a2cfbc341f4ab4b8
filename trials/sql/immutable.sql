-- An approved schedule version never changes; only its status moves on.
CREATE OR REPLACE FUNCTION trials_version_of(tbl text, r jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN tbl = 'trials_visitprocedure'
                THEN (SELECT version_id FROM trials_visitdefinition WHERE id = (r->>'visit_id')::bigint)
                ELSE (r->>'version_id')::bigint END
$$;

CREATE OR REPLACE FUNCTION trials_keep_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r jsonb := to_jsonb(coalesce(NEW, OLD));
    state text;
BEGIN
    SELECT status INTO state FROM trials_scheduleversion
    WHERE id = trials_version_of(TG_TABLE_NAME, r) FOR SHARE;
    IF state <> 'draft' THEN
        RAISE EXCEPTION 'This schedule version is approved and cannot change; make a new draft'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'schedule_approved_is_immutable';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION trials_keep_approved_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft' AND to_jsonb(OLD) - '{status,revision}'::text[]
                              <> to_jsonb(NEW) - '{status,revision}'::text[] THEN
        RAISE EXCEPTION 'This schedule version is approved and cannot change; make a new draft'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'schedule_approved_is_immutable';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_approved BEFORE UPDATE ON trials_scheduleversion
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved_version();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_visitdefinition
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_proceduredefinition
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_visitprocedure
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_epoch
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_criterion
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_repeatgroup
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_eventtimeline
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
