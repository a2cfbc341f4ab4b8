-- The field history: one generic trigger writes every change of every audited table.
-- Its only context is the number of the event that caused the change and the reason given for it.

CREATE OR REPLACE FUNCTION core_current_event() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT NULLIF(current_setting('ctms.event', true), '')::bigint
$$;

-- Trigger arguments: columns whose change needs a reason, columns whose value is never shown.
CREATE OR REPLACE FUNCTION core_audit_masked(fields jsonb, masked text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN key = ANY(masked) THEN '"hidden"'::jsonb ELSE value END), '{}')
    FROM jsonb_each(fields) WHERE value <> 'null' AND key NOT IN ('id', 'revision')
$$;

CREATE OR REPLACE FUNCTION core_audit_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_auditrow (at, txid, op, tbl, row_id, event_id, changes)
    SELECT clock_timestamp(), pg_current_xact_id()::text::bigint, 'I', TG_TABLE_NAME, r.id,
           core_current_event(), core_audit_masked(to_jsonb(r), string_to_array(TG_ARGV[1], ','))
    FROM new_rows r;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION core_audit_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_auditrow (at, txid, op, tbl, row_id, event_id, changes)
    SELECT clock_timestamp(), pg_current_xact_id()::text::bigint, 'D', TG_TABLE_NAME, r.id,
           core_current_event(), core_audit_masked(to_jsonb(r), string_to_array(TG_ARGV[1], ','))
    FROM old_rows r;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION core_audit_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    masked text[] := string_to_array(TG_ARGV[1], ',');
    changed jsonb;
BEGIN
    SELECT jsonb_object_agg(n.key, CASE WHEN n.key = ANY(masked) THEN '["hidden", "hidden"]'::jsonb
                                        ELSE jsonb_build_array(o.value, n.value) END)
    INTO changed
    FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
    WHERE n.value IS DISTINCT FROM o.value AND n.key <> 'revision';
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM jsonb_each(changed) c
               WHERE c.key = ANY(string_to_array(TG_ARGV[0], ',')) AND c.value->0 NOT IN ('null', '""'))
       AND coalesce(btrim(current_setting('ctms.reason', true)), '') = '' THEN
        RAISE EXCEPTION 'A reason is needed to change %', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reason_for_change';
    END IF;
    INSERT INTO core_auditrow (at, txid, op, tbl, row_id, event_id, changes)
    VALUES (clock_timestamp(), pg_current_xact_id()::text::bigint, 'U', TG_TABLE_NAME, NEW.id,
            core_current_event(), changed);
    RETURN NULL;
END $$;

-- A stale form is refused by comparing this number.
CREATE OR REPLACE FUNCTION core_bump_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
