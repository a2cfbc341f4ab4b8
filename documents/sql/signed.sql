-- A signed consent shows who the subject is, so no version of it leaves the site.
CREATE OR REPLACE FUNCTION documents_keep_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.is_identifying AND EXISTS (
        SELECT FROM documents_document d WHERE d.id = NEW.document_id AND d.kind = 'consent'
    ) THEN
        RAISE EXCEPTION 'A signed consent shows who the subject is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_signed_stays_at_the_site';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_signed BEFORE INSERT ON documents_documentversion
    FOR EACH ROW EXECUTE FUNCTION documents_keep_signed();
