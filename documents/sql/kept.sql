-- A version stays as it was added. It may only be voided once, and be found to show who a subject is,
-- also after it was voided: it can still be read.
CREATE OR REPLACE FUNCTION documents_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := '{voided_at,void_reason,is_identifying}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A document is kept; void its version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_is_kept';
    END IF;
    IF TG_TABLE_NAME = 'documents_document' OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'A document stays as it was added; add a version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_is_kept';
    END IF;
    IF OLD.voided_at IS NOT NULL
        AND to_jsonb(NEW) - 'is_identifying' <> to_jsonb(OLD) - 'is_identifying' THEN
        RAISE EXCEPTION 'A voided version stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_voided_is_kept';
    END IF;
    IF OLD.is_identifying AND NOT NEW.is_identifying THEN
        RAISE EXCEPTION 'A version that shows who a subject is does not leave the site; add one without names'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_stays_at_the_site';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_document BEFORE UPDATE OR DELETE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_keep();
CREATE OR REPLACE TRIGGER keep_version BEFORE UPDATE OR DELETE ON documents_documentversion
    FOR EACH ROW EXECUTE FUNCTION documents_keep();
