-- Reading the past: what a row was before a change, and all changes of a row put together.

CREATE OR REPLACE FUNCTION core_as_of() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT current_setting('ctms.as_of')::timestamptz
$$;

-- A deletion was preceded by the whole row, a change by the old value of each column it touched.
CREATE OR REPLACE FUNCTION core_before(op text, changes jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE op
        WHEN 'D' THEN changes
        WHEN 'U' THEN (SELECT jsonb_object_agg(key, value->0) FROM jsonb_each(changes))
        ELSE '{}'
    END
$$;

CREATE OR REPLACE AGGREGATE core_merge(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}');
