-- Contained resources are searched where that is asked (docs/decisions/0011). Each is a row in the
-- partition of its own type, under an id that no resource can have ('Type/id#its-id'), with bits
-- 16384 and 8192 in lab beside the labels of its container: what leaves deleted rows out leaves
-- them out. Patient, custodian and labels are the container's.
CREATE TABLE contained (
  rid int8 PRIMARY KEY, type int2 NOT NULL, within int8 NOT NULL, within_type int2 NOT NULL,
  bucket int2 NOT NULL DEFAULT 0
);
CREATE INDEX contained_within ON contained (within);
GRANT SELECT, INSERT ON contained TO cordee_app;

-- Rows that are here already were indexed by the first extraction; see interactions/registering.py.
INSERT INTO installation (key, value) SELECT 'extraction', '"3"' WHERE EXISTS (SELECT FROM resource);

-- What a version contained goes with it, whoever writes the next one. 1 in has is no parameter: it
-- says that the row contains something, so that no other row is asked.
CREATE FUNCTION drop_contained() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  gone int8[];
BEGIN
  SELECT array_agg(rid) INTO gone FROM contained WHERE within = OLD.rid;
  IF gone IS NOT NULL THEN
    DELETE FROM sp_sort WHERE rid = ANY (gone);
    DELETE FROM sp_date WHERE rid = ANY (gone);
    DELETE FROM sp_qty WHERE rid = ANY (gone);
    DELETE FROM sp_str WHERE rid = ANY (gone);
    DELETE FROM sp_place WHERE rid = ANY (gone);
    DELETE FROM resource r USING contained k
    WHERE k.within = OLD.rid AND r.type = k.type AND r.rid = k.rid;
    DELETE FROM contained WHERE within = OLD.rid;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER contained_goes AFTER UPDATE ON resource
FOR EACH ROW WHEN (OLD.has @> ARRAY[1]) EXECUTE FUNCTION drop_contained();

-- The rows of what was contained in resources that the same transaction has just written; called
-- only where something is. A contained resource without a date has the container's.
CREATE FUNCTION write_contained(
  w_within int8[], w_within_type int2[], w_rid int8[], w_type int2[], w_id text[], w_ent int8[],
  w_sd timestamptz[], w_hi timestamptz[], w_idx text[], w_has text[], w_refs text[], w_body bytea[],
  s_i int4[], s_key int8[],
  d_i int4[], d_param int4[], d_ckey int8[], d_lo timestamptz[], d_hi timestamptz[],
  q_i int4[], q_param int4[], q_ckey int8[], q_unit int8[], q_lo float8[], q_hi float8[],
  q_raw int8[], q_rawlo float8[], q_rawhi float8[],
  t_i int4[], t_param int4[], t_ckey int8[], t_exact int8[], t_v text[],
  g_i int4[], g_param int4[], g_lat float8[], g_lon float8[]
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_mergejoin = off
AS $$
DECLARE
  f_lab int2[];
  f_pat int8[];
  f_org int8[];
  f_sd timestamptz[];
BEGIN
  INSERT INTO contained (rid, type, within, within_type)
  SELECT * FROM unnest(w_rid, w_type, w_within, w_within_type);

  SELECT array_agg((c.lab | 24576)::int2 ORDER BY n.i), array_agg(c.pat ORDER BY n.i),
    array_agg(c.org ORDER BY n.i), array_agg(coalesce(n.sd, c.sd) ORDER BY n.i)
  INTO f_lab, f_pat, f_org, f_sd
  FROM unnest(w_within_type, w_within, w_sd) WITH ORDINALITY n(type, rid, sd, i)
  CROSS JOIN LATERAL (
    SELECT * FROM resource r WHERE r.type = n.type AND r.rid = n.rid OFFSET 0) c;

  INSERT INTO resource (type, method, lab, rid, ver, upd, ent, pat, org, sd, hi, sig, id, idx, has,
    refs, body)
  SELECT n.type, c.method, n.lab, n.rid, c.ver, c.upd, n.ent, n.pat, n.org, n.sd, n.hi, 0, n.id,
    n.idx::int8[], n.has::int4[], n.refs::text[], n.body
  FROM unnest(w_within, w_within_type, w_rid, w_type, w_id, w_ent, f_lab, f_pat, f_org, f_sd, w_hi,
    w_idx, w_has, w_refs, w_body
  ) n(within, within_type, rid, type, id, ent, lab, pat, org, sd, hi, idx, has, refs, body)
  CROSS JOIN LATERAL (
    SELECT * FROM resource r WHERE r.type = n.within_type AND r.rid = n.within OFFSET 0) c;

  INSERT INTO sp_sort (key, sd, rid, pat, org, hi, lab)
  SELECT x.key, f.sd, f.rid, f.pat, f.org, f.hi, f.lab
  FROM unnest(s_i, s_key) x(i, key)
  JOIN unnest(w_rid, f_pat, f_org, f_sd, w_hi, f_lab) WITH ORDINALITY
    f(rid, pat, org, sd, hi, lab, i) ON f.i = x.i + 1;
  INSERT INTO sp_date (param, lab, ckey, lo, hi, sd, rid, pat, org)
  SELECT x.param, f.lab, x.ckey, x.lo, x.hi, f.sd, f.rid, f.pat, f.org
  FROM unnest(d_i, d_param, d_ckey, d_lo, d_hi) x(i, param, ckey, lo, hi)
  JOIN unnest(w_rid, f_pat, f_org, f_sd, f_lab) WITH ORDINALITY
    f(rid, pat, org, sd, lab, i) ON f.i = x.i + 1;
  INSERT INTO sp_qty (param, lab, ckey, unit, lo, hi, raw, rawlo, rawhi, sd, rid, pat, org)
  SELECT x.param, f.lab, x.ckey, x.unit, x.lo, x.hi, x.raw, x.rawlo, x.rawhi,
    f.sd, f.rid, f.pat, f.org
  FROM unnest(q_i, q_param, q_ckey, q_unit, q_lo, q_hi, q_raw, q_rawlo, q_rawhi)
    x(i, param, ckey, unit, lo, hi, raw, rawlo, rawhi)
  JOIN unnest(w_rid, f_pat, f_org, f_sd, f_lab) WITH ORDINALITY
    f(rid, pat, org, sd, lab, i) ON f.i = x.i + 1;
  INSERT INTO sp_str (param, lab, ckey, exact, sd, rid, pat, org, v)
  SELECT x.param, f.lab, x.ckey, x.exact, f.sd, f.rid, f.pat, f.org, x.v
  FROM unnest(t_i, t_param, t_ckey, t_exact, t_v) x(i, param, ckey, exact, v)
  JOIN unnest(w_rid, f_pat, f_org, f_sd, f_lab) WITH ORDINALITY
    f(rid, pat, org, sd, lab, i) ON f.i = x.i + 1;
  INSERT INTO sp_place (param, lat, lon, rid)
  SELECT x.param, x.lat, x.lon, f.rid
  FROM unnest(g_i, g_param, g_lat, g_lon) x(i, param, lat, lon)
  JOIN unnest(w_rid) WITH ORDINALITY f(rid, i) ON f.i = x.i + 1;
END $$;
