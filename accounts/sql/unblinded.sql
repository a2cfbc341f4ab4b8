-- Nobody is blinded and unblinded in one trial. A role on a place, a sponsor or the whole deployment
-- may reach any trial, so it meets every other.
CREATE OR REPLACE FUNCTION accounts_keep_blind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_at IS NULL AND EXISTS (
        SELECT FROM accounts_grant g
        WHERE g.user_id = NEW.user_id AND g.id <> NEW.id AND g.ended_at IS NULL
        AND (g.valid_to IS NULL OR g.valid_to > now())
        AND (g.role LIKE 'unblinded%') <> (NEW.role LIKE 'unblinded%')
        AND g.role NOT IN ('administrator', 'tmf_specialist', 'vendor_user')
        AND NEW.role NOT IN ('administrator', 'tmf_specialist', 'vendor_user')
        AND (g.trial_id IS NULL OR NEW.trial_id IS NULL OR g.trial_id = NEW.trial_id)
    ) THEN
        RAISE EXCEPTION 'Nobody holds a blinded and an unblinded role in one trial'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_blinded_or_unblinded';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_blind BEFORE INSERT OR UPDATE ON accounts_grant
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_blind();
