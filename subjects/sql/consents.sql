-- The type of a consent is the type of its version, which is one of the subject's trial; only what
-- is optional can be refused; what is voided stays as it is.
ALTER TABLE subjects_consent ADD CONSTRAINT consent_type_of_version
    FOREIGN KEY (version_id, type_id) REFERENCES trials_consentversion (id, type_id);

CREATE OR REPLACE FUNCTION subjects_keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    optional boolean;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'A voided consent stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_voided_is_kept';
    END IF;
    SELECT t.is_optional INTO optional FROM trials_consenttype t
    JOIN subjects_subject s ON s.trial_id = t.trial_id
    WHERE t.id = NEW.type_id AND s.id = NEW.subject_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The version belongs to another trial than the subject'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_of_the_trial';
    END IF;
    IF NEW.decision = 'refused' AND NOT optional THEN
        RAISE EXCEPTION 'Only what is optional can be refused'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_refused_is_optional';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_consent BEFORE INSERT OR UPDATE ON subjects_consent
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_consent();
