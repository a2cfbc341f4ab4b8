-- The type of an approval is the type of its version, and the version is one of the site's trial.
ALTER TABLE sites_consentapproval ADD CONSTRAINT consent_approval_type_of_version
    FOREIGN KEY (version_id, type_id) REFERENCES trials_consentversion (id, type_id);

CREATE OR REPLACE FUNCTION sites_consent_of_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM trials_consenttype t JOIN sites_site s ON s.trial_id = t.trial_id
                   WHERE t.id = NEW.type_id AND s.id = NEW.site_id) THEN
        RAISE EXCEPTION 'The version belongs to another trial than the site'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_approval_of_the_trial';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER consent_of_trial BEFORE INSERT OR UPDATE ON sites_consentapproval
    FOR EACH ROW EXECUTE FUNCTION sites_consent_of_trial();
