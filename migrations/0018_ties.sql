-- Who is kept out of a circle, and as what somebody wrote.

-- A tie that is closed is kept under the complement of its patient's hash, which no statement asks
-- for: reading costs nothing, and what is taken back is the same update again.
CREATE INDEX care_circle_patient ON care_circle (pat, actor);
GRANT UPDATE (pat) ON care_circle TO cordee_app;

-- As which tie the médecin traitant is known who bears this block: they are not kept out.
ALTER TABLE closed_circle ADD COLUMN attending int8 NOT NULL DEFAULT 0;

-- Patients who show their médecin traitant what they mask from others: follows their statements.
CREATE TABLE shown_to_attending (pat int8 PRIMARY KEY);
GRANT SELECT, INSERT, DELETE ON shown_to_attending TO cordee_app;

-- Closes the ties of one patient that `closed_circle` closes, or of all. Opposition to sharing
-- (actor 0) closes all but the patient's own tie, those of who is around them, and a broken glass
-- (rid 0); a block closes the ties of its actor, but for the médecin traitant. Rule: A3.3, A3.4.
CREATE FUNCTION close_circle(of_pat int8 DEFAULT NULL) RETURNS void LANGUAGE sql
SET plan_cache_mode = force_generic_plan
BEGIN ATOMIC
  UPDATE care_circle c SET pat = ~c.pat
  FROM closed_circle k
  WHERE c.pat = k.pat AND (of_pat IS NULL OR k.pat = of_pat) AND (
    k.actor = c.actor AND NOT EXISTS (
      SELECT FROM care_circle m WHERE m.pat = k.pat AND m.actor = k.attending)
    OR k.actor = 0 AND c.rid <> 0 AND c.actor <> c.pat AND NOT EXISTS (
      SELECT FROM resource r WHERE r.type = 114 AND r.rid = c.rid AND r.ent = c.actor));
END;

CREATE FUNCTION circle_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE care_circle SET pat = ~pat WHERE pat = ~OLD.pat;
    PERFORM close_circle(OLD.pat);
  ELSE
    PERFORM close_circle(NEW.pat);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER circle_closed AFTER INSERT OR DELETE ON closed_circle
FOR EACH ROW EXECUTE FUNCTION circle_closed();

-- `write_resources` as before, but for `a_acting` and for the ties that are closed.
DROP FUNCTION write_resources(
  timestamptz, int2[], int2[], int4[], int8[], text[], int2[], int2[], int8[], int8[], int8[],
  timestamptz[], timestamptz[], int8[], text[], text[], text[], bytea[], int4[], int8[], int4[],
  int4[], int8[], timestamptz[], timestamptz[], int4[], int4[], int8[], int8[], float8[],
  float8[], int8[], float8[], float8[], int4[], int4[], int8[], int8[], text[], int4[], int4[],
  float8[], float8[], int4[], int8[], int2[], text[], text[], text[], int2[], text[], text[]
);
CREATE FUNCTION write_resources(
  moment timestamptz,
  w_type int2[], w_method int2[], w_expected int4[], w_rid int8[], w_id text[], w_lab int2[],
  w_dict int2[], w_ent int8[], w_pat int8[], w_org int8[], w_sd timestamptz[], w_hi timestamptz[], w_sig int8[],
  w_idx text[], w_has text[], w_refs text[], w_body bytea[],
  s_i int4[], s_key int8[],
  d_i int4[], d_param int4[], d_ckey int8[], d_lo timestamptz[], d_hi timestamptz[],
  q_i int4[], q_param int4[], q_ckey int8[], q_unit int8[], q_lo float8[], q_hi float8[],
  q_raw int8[], q_rawlo float8[], q_rawhi float8[],
  t_i int4[], t_param int4[], t_ckey int8[], t_exact int8[], t_v text[],
  g_i int4[], g_param int4[], g_lat float8[], g_lon float8[],
  c_i int4[], c_actor int8[],
  need_type int2[], need_id text[],
  a_acting int8[], a_actor text[], a_action text[], a_type int2[], a_pats text[], a_detail text[]
) RETURNS TABLE (i int4, ver int4, created bool, rid int8, upd timestamptz)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  clash text;
  missing text;
  -- Nothing but POSTs, whose ids are new.
  plain bool := NOT EXISTS (
    SELECT FROM unnest(w_expected, w_method) e(x, m) WHERE x <> 0 OR m <> 1);
  -- By position: what the rows are after the write. `f_stay`: the index rows are right already.
  f_rid int8[] := w_rid;
  f_old int8[];
  f_ver int4[];
  f_upd timestamptz[];
  f_pat int8[] := w_pat;
  f_org int8[] := w_org;
  f_sd timestamptz[] := w_sd;
  f_new bool[];
  f_stay bool[];
  old_rids int8[];
BEGIN
  IF cardinality(need_id) > 0 THEN
    SELECT json_agg(json_build_array(n.type, n.id))::text INTO missing
    FROM unnest(need_type, need_id) n(type, id)
    WHERE NOT EXISTS (
      SELECT FROM resource r WHERE r.type = n.type AND r.id = n.id AND r.lab & 16384 = 0);
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION 'missing references' USING ERRCODE = 'CD422', DETAIL = missing;
    END IF;
  END IF;

  IF NOT plain THEN
    -- Row ids by position, null where there is nothing yet. Only what is locked here is updated: a
    -- row that another writer adds meanwhile meets the unique index, and the caller tries again.
    SELECT array_agg(locked.rid ORDER BY n.i) INTO f_old
    FROM (SELECT * FROM unnest(w_type, w_id) WITH ORDINALITY n(type, id, i) ORDER BY 1, 2) n
    LEFT JOIN LATERAL (
      SELECT r.rid FROM resource r WHERE r.type = n.type AND r.id = n.id FOR UPDATE) locked ON true;

    SELECT
      json_agg(json_build_array(n.i - 1, coalesce(o.ver, 0)) ORDER BY n.i) FILTER (
        WHERE (n.expected = 0 AND o.lab & 16384 = 0) OR (n.expected > 0
          AND (o.ver IS NULL OR o.ver <> n.expected OR o.lab & 16384 <> 0)))::text,
      array_agg(coalesce(o.rid, n.rid) ORDER BY n.i),
      array_agg(coalesce(o.ver, 0) + (n.method <> 0)::int4 ORDER BY n.i),
      -- Versions never go back in time.
      array_agg(CASE WHEN o.rid IS NULL THEN moment WHEN n.method = 0 THEN o.upd
        ELSE greatest(moment, o.upd + interval '1 millisecond') END ORDER BY n.i),
      array_agg(CASE WHEN n.method = 3 THEN o.pat ELSE n.pat END ORDER BY n.i),
      array_agg(CASE WHEN n.method = 3 THEN o.org ELSE n.org END ORDER BY n.i),
      array_agg(CASE WHEN n.hi IS NULL AND o.rid IS NOT NULL THEN rid_moment(o.rid) ELSE n.sd END
        ORDER BY n.i),
      array_agg(o.rid IS NULL OR o.lab & 16384 <> 0 ORDER BY n.i),
      array_agg(o.sig IS NOT NULL AND o.sig = n.sig ORDER BY n.i),
      array_agg(o.rid) FILTER (WHERE o.sig <> n.sig)
    INTO clash, f_rid, f_ver, f_upd, f_pat, f_org, f_sd, f_new, f_stay, old_rids
    FROM unnest(w_type, w_method, w_expected, w_rid, f_old, w_pat, w_org, w_sd, w_hi, w_sig)
      WITH ORDINALITY n(type, method, expected, rid, old, pat, org, sd, hi, sig, i)
    LEFT JOIN LATERAL (
      SELECT r.rid, r.ver, r.upd, r.lab, r.pat, r.org, r.sig FROM resource r
      WHERE r.type = n.type AND r.rid = n.old OFFSET 0) o ON true;
    IF clash IS NOT NULL THEN
      RAISE EXCEPTION 'version conflict' USING ERRCODE = 'CD412', DETAIL = clash;
    END IF;

    INSERT INTO history (bucket, type, method, lab, dict, rid, ver, upd, pat, org, body)
    SELECT r.bucket, r.type, r.method, r.lab, r.dict, r.rid, r.ver, r.upd, r.pat, r.org, r.body
    FROM unnest(w_type, f_old, w_method) n(type, rid, method)
    CROSS JOIN LATERAL (
      SELECT * FROM resource r WHERE r.type = n.type AND r.rid = n.rid OFFSET 0) r
    WHERE n.method <> 0;

    IF old_rids IS NOT NULL THEN
      DELETE FROM sp_sort WHERE rid = ANY (old_rids);
      DELETE FROM sp_date WHERE rid = ANY (old_rids);
      DELETE FROM sp_qty WHERE rid = ANY (old_rids);
      DELETE FROM sp_str WHERE rid = ANY (old_rids);
      DELETE FROM sp_place WHERE rid = ANY (old_rids);
      DELETE FROM care_circle WHERE rid = ANY (old_rids);
    END IF;

    UPDATE resource r SET
      method = CASE WHEN n.method = 0 THEN r.method ELSE n.method END,
      lab = n.lab, dict = n.dict, ver = n.ver, upd = n.upd, pat = n.pat, org = n.org, sd = n.sd,
      hi = n.hi, sig = n.sig,
      idx = n.idx::int8[], has = n.has::int4[], refs = n.refs::text[], body = n.body
    FROM unnest(w_type, f_old, w_method, w_lab, w_dict, f_ver, f_upd, f_pat, f_org, f_sd, w_hi,
      w_sig, w_idx, w_has, w_refs, w_body
    ) n(type, rid, method, lab, dict, ver, upd, pat, org, sd, hi, sig, idx, has, refs, body)
    WHERE r.type = n.type AND r.rid = n.rid;
  END IF;

  IF plain OR array_position(f_old, NULL) IS NOT NULL THEN
    INSERT INTO resource (type, method, lab, dict, rid, ver, upd, ent, pat, org, sd, hi, sig, id,
      idx, has, refs, body)
    SELECT n.type, n.method, n.lab, n.dict, n.rid, 1, moment, n.ent, n.pat, n.org, n.sd, n.hi,
      n.sig, n.id, n.idx::int8[], n.has::int4[], n.refs::text[], n.body
    FROM unnest(
      w_type, w_method, w_rid, w_id, w_lab, w_dict, w_ent, w_pat, w_org, w_sd, w_hi, w_sig,
      w_idx, w_has, w_refs, w_body, f_old
    ) n(type, method, rid, id, lab, dict, ent, pat, org, sd, hi, sig, idx, has, refs, body, old)
    WHERE n.old IS NULL AND n.method NOT IN (0, 3);
  END IF;

  IF cardinality(s_i) > 0 THEN
    INSERT INTO sp_sort (key, sd, rid, pat, org, hi, lab)
    SELECT x.key, f.sd, f.rid, f.pat, f.org, f.hi, f.lab
    FROM unnest(s_i, s_key) x(i, key)
    JOIN unnest(f_rid, f_pat, f_org, f_sd, w_hi, w_lab, f_stay) WITH ORDINALITY
      f(rid, pat, org, sd, hi, lab, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE;
  END IF;
  IF cardinality(d_i) > 0 THEN
    INSERT INTO sp_date (param, lab, ckey, lo, hi, sd, rid, pat, org)
    SELECT x.param, f.lab, x.ckey, x.lo, x.hi, f.sd, f.rid, f.pat, f.org
    FROM unnest(d_i, d_param, d_ckey, d_lo, d_hi) x(i, param, ckey, lo, hi)
    JOIN unnest(f_rid, f_pat, f_org, f_sd, w_lab, f_stay) WITH ORDINALITY
      f(rid, pat, org, sd, lab, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE;
  END IF;
  IF cardinality(q_i) > 0 THEN
    INSERT INTO sp_qty (param, lab, ckey, unit, lo, hi, raw, rawlo, rawhi, sd, rid, pat, org)
    SELECT x.param, f.lab, x.ckey, x.unit, x.lo, x.hi, x.raw, x.rawlo, x.rawhi,
      f.sd, f.rid, f.pat, f.org
    FROM unnest(q_i, q_param, q_ckey, q_unit, q_lo, q_hi, q_raw, q_rawlo, q_rawhi)
      x(i, param, ckey, unit, lo, hi, raw, rawlo, rawhi)
    JOIN unnest(f_rid, f_pat, f_org, f_sd, w_lab, f_stay) WITH ORDINALITY
      f(rid, pat, org, sd, lab, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE;
  END IF;
  IF cardinality(t_i) > 0 THEN
    INSERT INTO sp_str (param, lab, ckey, exact, sd, rid, pat, org, v)
    SELECT x.param, f.lab, x.ckey, x.exact, f.sd, f.rid, f.pat, f.org, x.v
    FROM unnest(t_i, t_param, t_ckey, t_exact, t_v) x(i, param, ckey, exact, v)
    JOIN unnest(f_rid, f_pat, f_org, f_sd, w_lab, f_stay) WITH ORDINALITY
      f(rid, pat, org, sd, lab, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE;
  END IF;
  IF cardinality(g_i) > 0 THEN
    INSERT INTO sp_place (param, lat, lon, rid)
    SELECT x.param, x.lat, x.lon, f.rid
    FROM unnest(g_i, g_param, g_lat, g_lon) x(i, param, lat, lon)
    JOIN unnest(f_rid, f_stay) WITH ORDINALITY f(rid, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE;
  END IF;
  IF cardinality(c_i) > 0 THEN
    INSERT INTO care_circle (actor, pat, rid)
    SELECT x.actor, f.pat, f.rid
    FROM unnest(c_i, c_actor) x(i, actor)
    JOIN unnest(f_rid, f_pat, f_stay) WITH ORDINALITY f(rid, pat, stay, i) ON f.i = x.i + 1
    WHERE f.stay IS NOT TRUE AND f.pat IS NOT NULL;
    PERFORM close_circle(k.pat) FROM (
      SELECT DISTINCT pat FROM closed_circle WHERE pat = ANY (f_pat)) k;
  END IF;

  INSERT INTO journal (type, method, ver, rid, upd, pat)
  SELECT n.type, n.method, coalesce(n.ver, 1), n.rid, coalesce(n.upd, moment), n.pat
  FROM unnest(w_type, w_method, f_ver, f_rid, f_upd, f_pat, f_old) WITH ORDINALITY
    n(type, method, ver, rid, upd, pat, old, i)
  WHERE n.method <> 0 AND (n.method <> 3 OR n.old IS NOT NULL) ORDER BY n.i;

  IF cardinality(a_actor) > 0 THEN
    INSERT INTO audit (at, acting, actor, action, type, pats, detail)
    -- One trace for all: the patients of what was written, former ones of a deletion included.
    SELECT moment, x.acting, x.actor, x.action::"char", x.type,
      CASE WHEN cardinality(a_actor) > 1 THEN x.pats::int8[] ELSE coalesce(
        (SELECT array_agg(DISTINCT p) FROM unnest(f_pat) p WHERE p IS NOT NULL), '{}') END,
      x.detail
    FROM unnest(a_acting, a_actor, a_action, a_type, a_pats, a_detail)
      x(acting, actor, action, type, pats, detail);
  END IF;

  RETURN QUERY
  SELECT n.i::int4 - 1, coalesce(n.ver, 1), coalesce(n.new, true), n.rid, coalesce(n.upd, moment)
  FROM unnest(w_method, f_ver, f_rid, f_upd, f_new, f_old) WITH ORDINALITY
    n(method, ver, rid, upd, new, old, i)
  WHERE n.method <> 3 OR n.old IS NOT NULL ORDER BY n.i;
END $$;

GRANT EXECUTE ON FUNCTION close_circle(int8) TO cordee_app;
