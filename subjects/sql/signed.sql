-- A version that was signed at a site is in use there on that day, whatever is corrected later; the
-- end of a version may come before it, for the next approval may become known late. A form to which
-- a subject said no stays optional.
CREATE OR REPLACE FUNCTION subjects_keep_signed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM subjects_consent c JOIN subjects_subject s ON s.id = c.subject_id
        WHERE s.site_id = OLD.site_id AND c.version_id = OLD.version_id
        AND c.language = OLD.language AND c.voided_at IS NULL AND OLD.during @> c.signed_on
        AND (NEW.version_id <> OLD.version_id OR isempty(NEW.during)
             OR c.signed_on < lower(NEW.during))
    ) THEN
        RAISE EXCEPTION 'Subjects signed this version on a day on which it would not be in use'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_approval_was_signed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_signed_version BEFORE UPDATE ON sites_consentapproval
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_signed_version();

CREATE OR REPLACE FUNCTION subjects_keep_refused_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_optional AND NOT NEW.is_optional AND EXISTS (
        SELECT FROM subjects_consent
        WHERE type_id = OLD.id AND decision = 'refused' AND voided_at IS NULL
    ) THEN
        RAISE EXCEPTION 'Subjects said no to this form'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_type_refused_stays_optional';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_refused_form BEFORE UPDATE ON trials_consenttype
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_refused_form();
