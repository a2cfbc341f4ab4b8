-- Who learnt of an allocation stays as it was recorded.
CREATE OR REPLACE FUNCTION subjects_keep_unblinding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An unblinding stays as it was recorded'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'unblinding_is_kept';
END $$;

CREATE TRIGGER keep_unblinding BEFORE UPDATE OR DELETE ON subjects_unblinding
    FOR EACH ROW EXECUTE FUNCTION subjects_keep_unblinding();
