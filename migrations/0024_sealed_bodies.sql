-- Bodies are sealed with data keys, which are wrapped by a key that lies in the folder of keys
-- (CORDEE_KEYS). `resource.dict`, `history.dict` and `identity_scan.dict` name the data key of a row;
-- 0 is in clear, as all rows are that were here before: they go on being read, and
-- `cordee keys rotate --bodies` seals them. Requirement A6.2, decision 0043.
CREATE TABLE data_key (
  number int2 PRIMARY KEY CHECK (number > 0),
  name bytea NOT NULL UNIQUE,       -- random; stands at the head of all that the key sealed
  wrapped bytea NOT NULL,           -- AES-256-GCM under the wrapping key, bound to number and name
  wrapping text NOT NULL CHECK (wrapping <> ''),
  made timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON data_key TO cordee_app;

-- The first data key of an installation. Later ones are made by the owner: the application never
-- adds nor changes one.
CREATE FUNCTION first_data_key(given_name bytea, given_wrapped bytea, given_wrapping text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- Two processes start at once: the second one finds the key of the first.
  LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE;
  IF NOT EXISTS (SELECT FROM data_key) THEN
    INSERT INTO data_key (number, name, wrapped, wrapping)
    VALUES (1, given_name, given_wrapped, given_wrapping);
  END IF;
END $$;
GRANT EXECUTE ON FUNCTION first_data_key(bytea, bytea, text) TO cordee_app;

ALTER TABLE identity_scan ADD COLUMN dict int2 NOT NULL DEFAULT 0;

-- What a version contained stays when its body is only sealed anew.
CREATE OR REPLACE FUNCTION drop_contained() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  gone int8[];
BEGIN
  IF current_setting('cordee.reseals', true) = 'on' THEN
    RETURN NULL;
  END IF;
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

-- `write_contained` as before, but for `w_dict`.
-- squawk-ignore ban-drop-function
DROP FUNCTION write_contained(
  int8[], int2[], int8[], int2[], text[], int8[], timestamptz[], timestamptz[], text[], text[],
  text[], bytea[], int4[], int8[], int4[], int4[], int8[], timestamptz[], timestamptz[], int4[],
  int4[], int8[], int8[], float8[], float8[], int8[], float8[], float8[], int4[], int4[], int8[],
  int8[], text[], int4[], int4[], float8[], float8[]
);
CREATE FUNCTION write_contained(
  w_within int8[], w_within_type int2[], w_rid int8[], w_type int2[], w_id text[], w_ent int8[],
  w_sd timestamptz[], w_hi timestamptz[], w_idx text[], w_has text[], w_refs text[], w_dict int2[],
  w_body bytea[],
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

  INSERT INTO resource (type, method, lab, dict, rid, ver, upd, ent, pat, org, sd, hi, sig, id, idx, has,
    refs, body)
  SELECT n.type, c.method, n.lab, n.dict, n.rid, c.ver, c.upd, n.ent, n.pat, n.org, n.sd, n.hi, 0, n.id,
    n.idx::int8[], n.has::int4[], n.refs::text[], n.body
  FROM unnest(w_within, w_within_type, w_rid, w_type, w_id, w_ent, f_lab, f_pat, f_org, f_sd, w_hi,
    w_idx, w_has, w_refs, w_dict, w_body
  ) n(within, within_type, rid, type, id, ent, lab, pat, org, sd, hi, idx, has, refs, dict, body)
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
