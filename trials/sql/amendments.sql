-- What a version asks to be signed, and from which visits its visits go on, is part of it: it stays
-- as it is once the version is approved. A visit has the lineage of the visit it goes on from.
ALTER TABLE trials_consentasked ADD CONSTRAINT consent_asked_type_of_version
    FOREIGN KEY (consent_id, type_id) REFERENCES trials_consentversion (id, type_id);

CREATE OR REPLACE FUNCTION trials_version_of(tbl text, r jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN tbl IN ('trials_visitprocedure', 'trials_visitmatch')
                THEN (SELECT version_id FROM trials_visitdefinition WHERE id = (r->>'visit_id')::bigint)
                ELSE (r->>'version_id')::bigint END
$$;

CREATE OR REPLACE FUNCTION trials_match_of_one_lineage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.before_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM trials_visitdefinition v JOIN trials_scheduleversion w ON w.id = v.version_id,
                    trials_visitdefinition b JOIN trials_scheduleversion x ON x.id = b.version_id
        WHERE v.id = NEW.visit_id AND b.id = NEW.before_id
          AND v.lineage = b.lineage AND w.trial_id = x.trial_id AND w.id <> x.id
    ) THEN
        RAISE EXCEPTION 'A visit has the lineage of the visit it goes on from'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_match_of_one_lineage';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION trials_consent_of_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM trials_consenttype t JOIN trials_scheduleversion v USING (trial_id)
                   WHERE t.id = NEW.type_id AND v.id = NEW.version_id) THEN
        RAISE EXCEPTION 'The consent form belongs to another trial than the schedule'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_asked_of_the_trial';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_visitmatch
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER keep_approved BEFORE INSERT OR UPDATE OR DELETE ON trials_consentasked
    FOR EACH ROW EXECUTE FUNCTION trials_keep_approved();
CREATE TRIGGER one_lineage BEFORE INSERT OR UPDATE ON trials_visitmatch
    FOR EACH ROW EXECUTE FUNCTION trials_match_of_one_lineage();
CREATE TRIGGER of_trial BEFORE INSERT OR UPDATE ON trials_consentasked
    FOR EACH ROW EXECUTE FUNCTION trials_consent_of_trial();
