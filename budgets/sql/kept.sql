-- Terms of a country are of a country of the trial; a payment is for a subject's own visit, under terms
-- of its trial, and stays as it was requested; payments are voided, never deleted.
CREATE OR REPLACE FUNCTION budgets_terms_of_the_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.country_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM trials_country c WHERE c.id = NEW.country_id AND c.trial_id = NEW.trial_id
    ) THEN
        RAISE EXCEPTION 'The country is one of another trial'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_terms_of_the_trial';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER of_the_trial BEFORE INSERT OR UPDATE ON budgets_paymentterms
    FOR EACH ROW EXECUTE FUNCTION budgets_terms_of_the_trial();

CREATE OR REPLACE FUNCTION budgets_keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := '{status,approved_by_id,approved_at,method,reference,paid_on,statement,revision}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A payment is kept; void it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_kept';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
            RAISE EXCEPTION 'A payment stays as it was requested; void it and request another'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_kept';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM subjects_subject s JOIN budgets_paymentterms t ON t.trial_id = s.trial_id
        WHERE s.id = NEW.subject_id AND t.id = NEW.terms_id AND t.currency = NEW.currency
    ) THEN
        RAISE EXCEPTION 'The terms are those of another trial, or of another currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_under_terms_of_the_trial';
    END IF;
    IF NEW.visit_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM subjects_visit v WHERE v.id = NEW.visit_id AND v.subject_id = NEW.subject_id
    ) THEN
        RAISE EXCEPTION 'The visit is one of another subject'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_visit_of_the_subject';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_payment BEFORE INSERT OR UPDATE OR DELETE ON budgets_subjectpayment
    FOR EACH ROW EXECUTE FUNCTION budgets_keep_payment();
