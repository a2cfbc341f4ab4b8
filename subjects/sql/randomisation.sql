-- A randomisation is in the trial of its subject, which is a randomised one; what is voided stays as
-- it is. What somebody was allocated to is never written over: it is replaced, and kept.
CREATE OR REPLACE FUNCTION subjects_keep_randomisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'A voided randomisation stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'randomisation_voided_is_kept';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM subjects_subject s JOIN trials_trial t ON t.id = s.trial_id
        WHERE s.id = NEW.subject_id AND t.id = NEW.trial_id AND t.is_randomised
    ) THEN
        RAISE EXCEPTION 'The subject is in no randomised trial of this number'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'randomisation_of_the_trial';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_randomisation BEFORE INSERT OR UPDATE ON subjects_randomisation
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_randomisation();

CREATE OR REPLACE FUNCTION subjects_keep_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.replaced_at IS NOT NULL OR NEW.treatment <> OLD.treatment OR NEW.note <> OLD.note
        OR NEW.randomisation_id <> OLD.randomisation_id THEN
        RAISE EXCEPTION 'An allocation is replaced by another and stays as it was'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_is_kept';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_allocation BEFORE UPDATE ON subjects_allocation
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_allocation();
