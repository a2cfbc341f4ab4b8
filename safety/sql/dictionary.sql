-- A published dictionary is not edited: another version stands beside it.
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON safety_gradingterm
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
