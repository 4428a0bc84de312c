-- A rotation of keys seals stamps anew; nothing else of a stamp ever changes. Decision 0104.

-- Whether a sealed text is the former one under the newest data key, as far as can be seen without a key:
-- its form and its length stay, the name at its head is that of the key that the row bears.
CREATE FUNCTION is_sealed_anew(former bytea, fresh bytea, fresh_key int4) RETURNS bool
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT octet_length(fresh) = octet_length(former) AND get_byte(fresh, 0) = get_byte(former, 0)
    AND substring(fresh FROM 2 FOR 8) <> substring(former FROM 2 FOR 8)
    AND EXISTS (SELECT FROM data_key k WHERE k.number = fresh_key AND k.name = substring(fresh FROM 2 FOR 8)
      AND k.number = (SELECT max(number) FROM data_key));
END;
REVOKE ALL ON FUNCTION is_sealed_anew(bytea, bytea, int4) FROM PUBLIC;

-- The owner alone, in a transaction that says so, seals a stamp anew. The application has no right to
-- change a stamp at all; this holds the owner's own hand.
CREATE OR REPLACE FUNCTION regulation_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('cordee.reseals', true) = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    AND to_jsonb(NEW) - '{content,data_key}'::text[] = to_jsonb(OLD) - '{content,data_key}'::text[]
    AND is_sealed_anew(OLD.content, NEW.content, NEW.data_key) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a stamp is never changed: add another one' USING ERRCODE = 'restrict_violation';
END;
$$;
