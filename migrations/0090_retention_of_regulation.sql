-- How long regulation, the Hub, overflow, slots, the market and training are kept; rows go whole, in batches.
-- Decisions 0041 and 0105.

-- Whether the function `retain` destroys by rule: it says so in its transaction, and runs as the owner.
CREATE FUNCTION is_retaining(of_table oid) RETURNS bool LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT current_setting('cordee.retains', true) = 'on'
    AND EXISTS (SELECT FROM pg_class c WHERE c.oid = of_table AND pg_get_userbyid(c.relowner) = current_user);
END;
REVOKE ALL ON FUNCTION is_retaining(oid) FROM PUBLIC;

-- As before (0089), and a stamp goes with its case or its call, by rule alone.
CREATE OR REPLACE FUNCTION regulation_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF is_retaining(TG_RELID) THEN
      RETURN OLD;
    END IF;
  ELSIF current_setting('cordee.reseals', true) = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    AND to_jsonb(NEW) - '{content,data_key}'::text[] = to_jsonb(OLD) - '{content,data_key}'::text[]
    AND is_sealed_anew(OLD.content, NEW.content, NEW.data_key) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a stamp is never changed: add another one' USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE OR REPLACE FUNCTION overflow_entry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND is_retaining(TG_RELID) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the trace of overflow is not changed';
END $$;
CREATE OR REPLACE FUNCTION market_consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND is_retaining(TG_RELID) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'a consent is never changed: add another one' USING ERRCODE = 'restrict_violation';
END;
$$;

-- When the last copy of a case ended: infinity while one is open. A copy that was handed over is open nowhere here.
CREATE FUNCTION regulation_case_ended(of_case uuid) RETURNS timestamptz LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT max(CASE WHEN c.closed IS NOT NULL THEN c.closed WHEN c.state = 'transferred' THEN c.opened
    ELSE 'infinity' END)
  FROM regulation_centre k JOIN regulation_case c ON c.centre = k.id AND c.id = of_case;
END;
-- Whether a person of the base was found for a case, at any centre, or stood at its call: it is kept with their record.
CREATE FUNCTION regulation_names_a_person(of_case uuid, of_call uuid) RETURNS bool LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM regulation_centre k JOIN regulation_event e ON e.centre = k.id
      WHERE e."case" = of_case AND e.kind = 'patient')
    OR EXISTS (SELECT FROM regulation_centre k JOIN regulation_event e ON e.centre = k.id
      WHERE e.call = of_call AND e.kind = 'named');
END;
REVOKE ALL ON FUNCTION regulation_case_ended(uuid), regulation_names_a_person(uuid, uuid) FROM PUBLIC;

-- What hangs on a row goes with it, in the same statement.
CREATE FUNCTION regulation_case_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM regulation_text t WHERE t.centre = OLD.centre AND t."case" = OLD.id;
  DELETE FROM regulation_mission m WHERE m.centre = OLD.centre AND m."case" = OLD.id;
  DELETE FROM slot_hold h WHERE h.centre = OLD.centre AND h."case" = OLD.id;
  DELETE FROM market_appeal a WHERE a.centre = OLD.centre AND a."case" = OLD.id;
  DELETE FROM hub_case h WHERE h.centre = OLD.centre AND h."case" = OLD.id;
  DELETE FROM regulation_event e WHERE e.centre = OLD.centre AND e."case" = OLD.id;
  DELETE FROM regulation_call q WHERE q.centre = OLD.centre AND q.id = OLD.call AND NOT EXISTS (
    SELECT FROM regulation_case c WHERE c.centre = q.centre AND c.call = q.id AND c.id <> OLD.id);
  RETURN OLD;
END $$;
CREATE TRIGGER regulation_case_goes BEFORE DELETE ON regulation_case
  FOR EACH ROW EXECUTE FUNCTION regulation_case_goes();
CREATE FUNCTION regulation_call_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM regulation_act a WHERE a.centre = OLD.centre AND a.call = OLD.id;
  DELETE FROM regulation_event e WHERE e.centre = OLD.centre AND e.call = OLD.id AND e."case" IS NULL;
  RETURN OLD;
END $$;
CREATE TRIGGER regulation_call_goes BEFORE DELETE ON regulation_call
  FOR EACH ROW EXECUTE FUNCTION regulation_call_goes();
CREATE FUNCTION hub_case_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM hub_request r WHERE r.client = OLD.client AND r."case" = OLD.number;
  RETURN OLD;
END $$;
CREATE TRIGGER hub_case_goes BEFORE DELETE ON hub_case FOR EACH ROW EXECUTE FUNCTION hub_case_goes();
CREATE FUNCTION overflow_episode_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM overflow_entry e WHERE e.episode = OLD.id AND e.centre = OLD.centre;
  DELETE FROM overflow_transfer t WHERE t.episode = OLD.id AND t.centre = OLD.centre;
  RETURN OLD;
END $$;
CREATE TRIGGER overflow_episode_goes BEFORE DELETE ON overflow_episode
  FOR EACH ROW EXECUTE FUNCTION overflow_episode_goes();
CREATE FUNCTION slot_hold_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM slot_feedback f WHERE f.hold = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER slot_hold_goes BEFORE DELETE ON slot_hold FOR EACH ROW EXECUTE FUNCTION slot_hold_goes();
CREATE FUNCTION market_appeal_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM market_acceptance a WHERE a.appeal = OLD.id;
  DELETE FROM market_proposal p WHERE p.appeal = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER market_appeal_goes BEFORE DELETE ON market_appeal
  FOR EACH ROW EXECUTE FUNCTION market_appeal_goes();
CREATE FUNCTION market_volunteer_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM market_consent c WHERE c.practitioner = OLD.practitioner;
  RETURN OLD;
END $$;
CREATE TRIGGER market_volunteer_goes BEFORE DELETE ON market_volunteer
  FOR EACH ROW EXECUTE FUNCTION market_volunteer_goes();
CREATE FUNCTION training_night_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM training_case c WHERE c.night = OLD.id;
  DELETE FROM training_seat s WHERE s.night = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER training_night_goes BEFORE DELETE ON training_night
  FOR EACH ROW EXECUTE FUNCTION training_night_goes();

-- Stamps of neither a case nor a call are looked for by when they were written, which is their order.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX regulation_event_written ON regulation_event USING brin (written);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX regulation_event_corrects ON regulation_event (corrects) WHERE corrects IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX hub_request_case ON hub_request (client, "case");
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX market_appeal_case ON market_appeal (centre, "case");

-- As before (0054), with the classes of regulation and of what lies around it.
CREATE OR REPLACE FUNCTION retention_class(of_class text, OUT rows_over text, OUT shortest interval)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT k.rows_over, k.shortest FROM (VALUES
    ('sessions', 'session x WHERE least(x.closed, x.ends) < $1', interval '1 day'),
    ('closed-sessions', 'closed_session x WHERE x.at < $1', interval '1 day'),
    ('sign-in-attempts', 'sign_in_attempt x WHERE greatest(x.last, x.until) < $1', interval '1 day'),
    ('account-events', 'account_event x WHERE x.at < $1', interval '180 days'),
    ('recovery-codes', 'credential x WHERE x.kind = ''recovery'' AND x.used < $1', interval '1 day'),
    ('oauth-codes', 'smart_code x WHERE x.expires < $1', interval '1 day'),
    ('oauth-refreshes', 'smart_refresh x WHERE x.expires < $1', interval '1 day'),
    ('oauth-requests', 'smart_request x WHERE x.expires < $1', interval '0'),
    ('oauth-launches', 'smart_launch x WHERE x.expires < $1', interval '0'),
    ('oauth-spent', 'smart_spent x WHERE x.expires < $1', interval '0'),
    ('federation-requests', 'federation_request x WHERE x.ends < $1', interval '0'),
    ('federation-spent', 'federation_spent x WHERE x.ends < $1', interval '0'),
    ('drafts', 'session_draft x WHERE x.ends < $1', interval '0'),
    ('passkey-challenges', 'passkey_challenge x WHERE x.ends < $1', interval '0'),
    ('identity-scans', 'identity_scan x WHERE x.purge_on <= ($1 AT TIME ZONE ''Europe/Paris'')::date',
      interval '0'),
    ('identity-searches', 'identity_search x WHERE x.at < $1', interval '1 day'),
    ('consultation-tries', 'consultation_try x WHERE x.at < $1', interval '1 day'),
    ('notices', 'notice x WHERE x.at < $1', interval '30 days'),
    ('document-openings', 'document_opening x WHERE x.at < $1', interval '365 days'),
    ('dmp-answers', 'dmp_try x WHERE x.at < $1 AND EXISTS (SELECT FROM dmp_deposit d'
      ' WHERE d.n = x.deposit AND d.ended < $1)', interval '365 days'),
    ('dmp-deposits', 'dmp_deposit x WHERE x.ended < $1 AND (x.state = ''given-up'' OR EXISTS ('
      'SELECT FROM document_step s WHERE s.document = x.document))'
      ' AND NOT EXISTS (SELECT FROM dmp_try t WHERE t.deposit = x.n)', interval '3650 days'),
    ('mandates', 'mandate x WHERE coalesce((SELECT z.at FROM mandate_end z WHERE z.mandate = x.id),'
      ' (SELECT e.ends FROM mandate_extent e WHERE e.mandate = x.id ORDER BY e.n DESC LIMIT 1)) < $1',
      interval '1825 days'),
    ('invitations', 'invitation x WHERE x.ends < $1', interval '14 days'),
    ('subscription-events', 'subscription_event x WHERE x.settled < $1', interval '7 days'),
    ('forms-sent', 'form_sent x WHERE x.at < $1', interval '7 days'),
    ('events', 'event x WHERE x.told < $1', interval '365 days'),
    ('followings', 'following x WHERE least(x.ended, x.ends) < $1', interval '180 days'),
    ('agenda-links', 'agenda_feed x WHERE x.ended < $1', interval '30 days'),
    -- Regulation: an open case, and one that names a person, are no rows over. What hangs on a row goes with it.
    ('regulation', 'regulation_case x WHERE x.centre = ANY (ARRAY(SELECT id FROM regulation_centre))'
      ' AND x.opened < $1 AND regulation_case_ended(x.id) < $1 AND NOT regulation_names_a_person(x.id, x.call)',
      interval '3650 days'),
    ('regulation-calls', 'regulation_call x WHERE x.centre = ANY (ARRAY(SELECT id FROM regulation_centre))'
      ' AND x.since < $1 AND x.state IN (''abandoned'', ''called-back'', ''ended'', ''gone'')'
      ' AND NOT EXISTS (SELECT FROM regulation_centre k JOIN regulation_case c ON c.centre = k.id AND c.call = x.id)'
      ' AND NOT regulation_names_a_person(NULL, x.id)', interval '365 days'),
    ('regulation-stamps', 'regulation_event x WHERE x.written < $1 AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_case c ON c.centre = k.id AND c.id = x."case") AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_call q ON q.centre = k.id AND q.id = x.call)'
      ' AND NOT EXISTS (SELECT FROM regulation_event y WHERE y.corrects = x.n)', interval '365 days'),
    ('regulation-requests', 'regulation_request x WHERE x.asked < $1 AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_case c ON c.centre = k.id AND c.id = x."case")', interval '365 days'),
    ('regulation-texts', 'regulation_text x WHERE x.expires < $1 AND x.state <> ''waiting'' AND NOT EXISTS ('
      'SELECT FROM regulation_case c WHERE c.centre = x.centre AND c.id = x."case"'
      ' AND (regulation_case_ended(c.id) >= $1 OR regulation_names_a_person(c.id, c.call)))', interval '365 days'),
    ('regulation-acts', 'regulation_act x WHERE x.asked < $1', interval '7 days'),
    ('hub', 'hub_message x WHERE x.made < $1 AND x.changed < $1 AND x.due IS NULL'
      ' AND x.state IN (''sent'', ''acknowledged'', ''again'', ''taken'')', interval '30 days'),
    ('hub-dead', 'hub_message x WHERE x.made < $1 AND x.changed < $1 AND x.due IS NULL'
      ' AND x.state IN (''late'', ''refused'', ''expired'', ''dead'')', interval '30 days'),
    ('hub-cases', 'hub_case x WHERE x.changed < $1 AND NOT EXISTS (SELECT FROM regulation_case c'
      ' WHERE c.centre = x.centre AND c.id = x."case")', interval '365 days'),
    ('overflow', 'overflow_episode x WHERE x.state IN (''closed'', ''refused'', ''expired'')'
      ' AND greatest(x.closed, x.proposed_at) < $1 AND NOT EXISTS (SELECT FROM overflow_transfer t'
      ' JOIN regulation_case c ON c.centre = t.centre AND c.call = t.call'
      ' WHERE t.episode = x.id AND t.centre = x.centre)', interval '3650 days'),
    ('overflow-letters', 'overflow_message x WHERE x.sent < $1', interval '7 days'),
    ('overflow-parcels', 'overflow_parcel x WHERE x.came < $1', interval '1 day'),
    ('pooling', 'overflow_roster_act x WHERE x.at < $1 AND NOT EXISTS (SELECT FROM regulation_case c'
      ' WHERE c.centre = x.centre AND c.id = x."case")', interval '3650 days'),
    ('simulations', 'simulation_run x WHERE x.asked_at < $1 AND (x.result IS NOT NULL OR x.failed <> '''')',
      interval '30 days'),
    ('slot-holds', 'slot_hold x WHERE x.starts < $1 AND x.changed < $1 AND x.until < $1'
      ' AND NOT EXISTS (SELECT FROM regulation_case c WHERE c.centre = x.centre AND c.id = x."case"'
      ' AND c.closed IS NULL AND c.state <> ''transferred'')', interval '365 days'),
    ('market', 'market_appeal x WHERE x.changed < $1 AND x.until < $1'
      ' AND x.state IN (''confirmed'', ''ended'', ''withdrawn'')', interval '365 days'),
    ('market-consents', 'market_volunteer x WHERE x.withdrawn < $1 AND x.changed < $1'
      ' AND NOT EXISTS (SELECT FROM market_proposal p WHERE p.practitioner = x.practitioner)', interval '365 days'),
    ('sas', 'sas_appointment x WHERE x.ends < $1 AND x.changed < $1', interval '365 days'),
    ('sas-accounts', 'sas_account x WHERE NOT x.is_active AND x.state = ''told'' AND x.changed < $1',
      interval '365 days'),
    ('sas-messages', 'sas_received x WHERE x.at < $1', interval '30 days'),
    ('training', 'training_night x WHERE x.ended < $1 AND x.state = ''ended''', interval '30 days'),
    ('training-cases', 'regulation_case x WHERE x.opened < $1 AND EXISTS (SELECT FROM training_centre t'
      ' WHERE t.id = x.centre AND NOT EXISTS (SELECT FROM training_night n WHERE n.centre = t.id'
      ' AND n.state <> ''ended''))', interval '30 days')
  ) k(class, rows_over, shortest) WHERE k.class = of_class;
END;

-- As before (0022), a thousand rows at most at a time: who calls it calls again until nothing goes. What somebody
-- holds waits for the next round. Each call leaves its proof and its line.
CREATE OR REPLACE FUNCTION retain(
  of_class text, before timestamptz, said_by text, as_acting int8, really bool,
  OUT gone int8, OUT digest bytea
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  known record;
  over text;
BEGIN
  SELECT * INTO known FROM retention_class(of_class);
  IF known.rows_over IS NULL THEN
    RAISE EXCEPTION 'no such class of data: %', of_class USING ERRCODE = '22023';
  END IF;
  IF before > now() - known.shortest THEN
    RAISE EXCEPTION 'this class is kept for % at least', known.shortest USING ERRCODE = '22023';
  END IF;
  over := known.rows_over;
  IF really THEN
    PERFORM set_config('cordee.retains', 'on', true);
    EXECUTE 'WITH gone AS (DELETE FROM ' || split_part(over, ' ', 1) || ' x WHERE x.ctid = ANY (ARRAY('
      || 'SELECT x.ctid FROM ' || over || ' LIMIT 1000 FOR UPDATE OF x SKIP LOCKED))'
      || ' RETURNING to_jsonb(x)::text AS body)'
      || ' SELECT count(*), sha256(convert_to(coalesce(string_agg(body, E''\n'' ORDER BY body), '''''
      || '), ''UTF8'')) FROM gone' INTO gone, digest USING before;
    PERFORM set_config('cordee.retains', 'off', true);
  ELSE
    EXECUTE 'SELECT count(*) FROM ' || over INTO gone USING before;
  END IF;
  IF really AND gone > 0 THEN
    INSERT INTO deletion_proof (by, class, before, gone, digest)
    VALUES (said_by, of_class, before, retain.gone, retain.digest);
    INSERT INTO audit (acting, actor, action, detail) VALUES (as_acting, said_by, 'D', 'retention ' || of_class
      || ' before ' || to_char(before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ': '
      || gone || ' rows, sha256 ' || encode(digest, 'hex'));
  END IF;
END $$;
