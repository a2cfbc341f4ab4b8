-- What was sent to the sites is not edited: another letter follows it.
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON safety_safetyletter
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
