-- The category of an answer is the category of its criterion; answers and waivers are about criteria
-- of the version under which the subject was screened; a waiver exists only where the protocol has them.
ALTER TABLE subjects_criterionanswer ADD CONSTRAINT criterion_answer_category
    FOREIGN KEY (criterion_id, category) REFERENCES trials_criterion (id, category);

CREATE OR REPLACE FUNCTION subjects_keep_criterion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM subjects_eligibility e JOIN trials_criterion c ON c.version_id = e.version_id
        WHERE e.id = NEW.eligibility_id AND c.id = NEW.criterion_id
    ) THEN
        RAISE EXCEPTION 'The criterion is none of the protocol of this subject'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'criterion_of_the_version';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_criterion BEFORE INSERT OR UPDATE ON subjects_criterionanswer
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_criterion();
CREATE TRIGGER keep_criterion BEFORE INSERT OR UPDATE ON subjects_waiver
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_criterion();

CREATE OR REPLACE FUNCTION subjects_keep_waiver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (SELECT t.allows_waivers FROM subjects_eligibility e
            JOIN subjects_subject s ON s.id = e.subject_id JOIN trials_trial t ON t.id = s.trial_id
            WHERE e.id = NEW.eligibility_id) THEN
        RAISE EXCEPTION 'The protocol has no waivers'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'waiver_allowed_by_protocol';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_waiver BEFORE INSERT ON subjects_waiver
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_waiver();
