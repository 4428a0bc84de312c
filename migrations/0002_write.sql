-- Row ids carry their moment: milliseconds since 2020 above 22 bits of process and sequence.
CREATE FUNCTION rid_moment(rid int8) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timestamptz '2020-01-01 00:00:00+00' + ((rid >> 22) * interval '1 millisecond');

-- The one door for writing: locks, checks versions and references, keeps the old version,
-- replaces the row and its index rows, appends journal and trace. One call is one transaction.
--
-- w_method 0 makes the index rows of the present version again: no new version, no journal.
-- w_expected: 0 the resource must not exist, -1 any version, n exactly version n.
-- Errors: CD412 version conflict (detail: position and present version), CD422 missing references
-- (detail: JSON array of Type number and id).
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
  a_actor text[], a_action text[], a_type int2[], a_pats text[], a_detail text[]
) RETURNS TABLE (i int4, ver int4, created bool, rid int8, upd timestamptz)
LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
  clash text;
  missing text;
  -- Nothing but POSTs, whose ids are new.
  plain bool := NOT EXISTS (SELECT FROM unnest(w_expected, w_method) e(x, m) WHERE x <> 0 OR m <> 1);
  old_rids int8[] := '{}';
  stay bool[];
  held int8[];
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
    -- Row ids by position, 0 where there is nothing yet. Only what is locked here is updated: a row
    -- that another writer adds meanwhile meets the unique index, and the caller tries again.
    SELECT array_agg(coalesce(locked.rid, 0) ORDER BY n.i) INTO held
    FROM (SELECT * FROM unnest(w_type, w_id) WITH ORDINALITY n(type, id, i) ORDER BY 1, 2) n
    LEFT JOIN LATERAL (
      SELECT r.rid FROM resource r WHERE r.type = n.type AND r.id = n.id FOR UPDATE) locked ON true;

    SELECT json_agg(json_build_array(n.i - 1, coalesce(r.ver, 0)))::text INTO clash
    FROM unnest(w_type, w_id, w_expected) WITH ORDINALITY n(type, id, expected, i)
    LEFT JOIN resource r ON r.type = n.type AND r.id = n.id AND r.rid = held[n.i::int4]
    WHERE (n.expected = 0 AND r.lab & 16384 = 0)
       OR (n.expected > 0 AND (r.ver IS NULL OR r.ver <> n.expected OR r.lab & 16384 <> 0));
    IF clash IS NOT NULL THEN
      RAISE EXCEPTION 'version conflict' USING ERRCODE = 'CD412', DETAIL = clash;
    END IF;

    INSERT INTO history (bucket, type, method, lab, dict, rid, ver, upd, pat, org, body)
    SELECT r.bucket, r.type, r.method, r.lab, r.dict, r.rid, r.ver, r.upd, r.pat, r.org, r.body
    FROM unnest(w_type, w_id, w_method) WITH ORDINALITY n(type, id, method, i)
    JOIN resource r ON r.type = n.type AND r.id = n.id AND r.rid = held[n.i::int4]
    WHERE n.method <> 0;

    SELECT coalesce(array_agg(r.rid) FILTER (WHERE r.sig <> n.sig), '{}') INTO old_rids
    FROM unnest(w_type, w_id, w_sig) WITH ORDINALITY n(type, id, sig, i)
    JOIN resource r ON r.type = n.type AND r.id = n.id AND r.rid = held[n.i::int4];
    SELECT array_agg(r.sig IS NOT NULL AND r.sig = n.sig ORDER BY n.i) INTO stay
    FROM unnest(w_type, w_id, w_sig) WITH ORDINALITY n(type, id, sig, i)
    LEFT JOIN resource r ON r.type = n.type AND r.id = n.id AND r.rid = held[n.i::int4];

    IF cardinality(old_rids) > 0 THEN
      DELETE FROM sp_sort WHERE rid = ANY (old_rids);
      DELETE FROM sp_date WHERE rid = ANY (old_rids);
      DELETE FROM sp_qty WHERE rid = ANY (old_rids);
      DELETE FROM sp_str WHERE rid = ANY (old_rids);
      DELETE FROM sp_place WHERE rid = ANY (old_rids);
      DELETE FROM care_circle WHERE rid = ANY (old_rids);
    END IF;
  END IF;

  RETURN QUERY
  WITH n AS MATERIALIZED (
    SELECT n.*, n.i::int4 - 1 AS p, o.rid AS old_rid, o.ver AS old_ver, o.lab AS old_lab,
      o.pat AS old_pat, o.org AS old_org,
      CASE WHEN o.rid IS NULL THEN moment WHEN n.method = 0 THEN o.upd
        -- Versions never go back in time.
        ELSE greatest(moment, o.upd + interval '1 millisecond') END AS upd
    FROM unnest(
      w_type, w_method, w_rid, w_id, w_lab, w_dict, w_ent, w_pat, w_org, w_sd, w_hi, w_sig,
      w_idx, w_has, w_refs, w_body
    ) WITH ORDINALITY n(type, method, rid, id, lab, dict, ent, pat, org, sd, hi, sig,
      idx, has, refs, body, i)
    LEFT JOIN LATERAL (
      SELECT r.rid, r.ver, r.upd, r.lab, r.pat, r.org FROM resource r
      WHERE NOT plain AND r.type = n.type AND r.id = n.id AND r.rid = held[n.i::int4] OFFSET 0
    ) o ON true
  ), now AS MATERIALIZED (
    SELECT p, type, method, upd, lab, hi, coalesce(old_rid, rid) AS rid,
      coalesce(old_ver, 0) + (method <> 0)::int4 AS ver,
      CASE WHEN method = 3 THEN old_pat ELSE pat END AS pat,
      CASE WHEN method = 3 THEN old_org ELSE org END AS org,
      CASE WHEN hi IS NULL AND old_rid IS NOT NULL THEN rid_moment(old_rid) ELSE sd END AS sd
    FROM n WHERE old_rid IS NOT NULL OR method <> 3
  ), changed AS (
    UPDATE resource r SET
      method = CASE WHEN n.method = 0 THEN r.method ELSE n.method END,
      lab = n.lab, dict = n.dict, ver = r.ver + (n.method <> 0)::int4, upd = n.upd,
      pat = CASE WHEN n.method = 3 THEN r.pat ELSE n.pat END,
      org = CASE WHEN n.method = 3 THEN r.org ELSE n.org END,
      sd = CASE WHEN n.hi IS NULL THEN rid_moment(r.rid) ELSE n.sd END,
      hi = n.hi, sig = n.sig,
      idx = n.idx::int8[], has = n.has::int4[], refs = n.refs::text[], body = n.body
    FROM n WHERE NOT plain AND r.type = n.type AND r.rid = n.old_rid
  ), added AS (
    INSERT INTO resource (type, method, lab, dict, rid, ver, upd, ent, pat, org, sd, hi, sig, id,
      idx, has, refs, body)
    SELECT n.type, n.method, n.lab, n.dict, n.rid, 1, moment, n.ent, n.pat, n.org, n.sd, n.hi,
      n.sig, n.id, n.idx::int8[], n.has::int4[], n.refs::text[], n.body
    FROM n WHERE n.old_rid IS NULL AND n.method NOT IN (0, 3)
  ), fresh AS MATERIALIZED (
    -- Arrays without nulls: an element is then found without walking the array.
    SELECT array_agg(coalesce(old_rid, rid) ORDER BY p) AS rid,
      array_agg(coalesce(pat, 0) ORDER BY p) AS pat,
      array_agg(coalesce(org, 0) ORDER BY p) AS org,
      array_agg(CASE WHEN hi IS NULL AND old_rid IS NOT NULL THEN rid_moment(old_rid) ELSE sd END
        ORDER BY p) AS sd,
      array_agg(coalesce(hi, 'infinity') ORDER BY p) AS hi, array_agg(lab ORDER BY p) AS lab
    FROM n
  ), sorted AS (
    INSERT INTO sp_sort (key, sd, rid, pat, org, hi, lab)
    SELECT x.key, f.sd[x.i + 1], f.rid[x.i + 1], nullif(f.pat[x.i + 1], 0),
      nullif(f.org[x.i + 1], 0), nullif(f.hi[x.i + 1], 'infinity'), f.lab[x.i + 1]
    FROM unnest(s_i, s_key) x(i, key), fresh f
    WHERE stay IS NULL OR NOT stay[x.i + 1]
  ), dated AS (
    INSERT INTO sp_date (param, lab, ckey, lo, hi, sd, rid, pat, org)
    SELECT x.param, f.lab[x.i + 1], x.ckey, x.lo, x.hi, f.sd[x.i + 1], f.rid[x.i + 1],
      nullif(f.pat[x.i + 1], 0), nullif(f.org[x.i + 1], 0)
    FROM unnest(d_i, d_param, d_ckey, d_lo, d_hi) x(i, param, ckey, lo, hi), fresh f
    WHERE stay IS NULL OR NOT stay[x.i + 1]
  ), measured AS (
    INSERT INTO sp_qty (param, lab, ckey, unit, lo, hi, raw, rawlo, rawhi, sd, rid, pat, org)
    SELECT x.param, f.lab[x.i + 1], x.ckey, x.unit, x.lo, x.hi, x.raw, x.rawlo, x.rawhi,
      f.sd[x.i + 1], f.rid[x.i + 1], nullif(f.pat[x.i + 1], 0), nullif(f.org[x.i + 1], 0)
    FROM unnest(q_i, q_param, q_ckey, q_unit, q_lo, q_hi, q_raw, q_rawlo, q_rawhi)
      x(i, param, ckey, unit, lo, hi, raw, rawlo, rawhi), fresh f
    WHERE stay IS NULL OR NOT stay[x.i + 1]
  ), named AS (
    INSERT INTO sp_str (param, lab, ckey, exact, sd, rid, pat, org, v)
    SELECT x.param, f.lab[x.i + 1], x.ckey, x.exact, f.sd[x.i + 1], f.rid[x.i + 1],
      nullif(f.pat[x.i + 1], 0), nullif(f.org[x.i + 1], 0), x.v
    FROM unnest(t_i, t_param, t_ckey, t_exact, t_v) x(i, param, ckey, exact, v), fresh f
    WHERE stay IS NULL OR NOT stay[x.i + 1]
  ), placed AS (
    INSERT INTO sp_place (param, lat, lon, rid)
    SELECT x.param, x.lat, x.lon, f.rid[x.i + 1]
    FROM unnest(g_i, g_param, g_lat, g_lon) x(i, param, lat, lon), fresh f
    WHERE stay IS NULL OR NOT stay[x.i + 1]
  ), circled AS (
    INSERT INTO care_circle (actor, pat, rid)
    SELECT x.actor, f.pat[x.i + 1], f.rid[x.i + 1]
    FROM unnest(c_i, c_actor) x(i, actor), fresh f
    WHERE (stay IS NULL OR NOT stay[x.i + 1]) AND f.pat[x.i + 1] <> 0
  ), told AS (
    INSERT INTO journal (type, method, ver, rid, upd, pat)
    SELECT type, method, ver, rid, upd, pat FROM now WHERE method <> 0 ORDER BY p
  ), traced AS (
    INSERT INTO audit (at, actor, action, type, pats, detail)
    -- One trace for all: the patients of what was written, former ones of a deletion included.
    SELECT moment, x.actor, x.action::"char", x.type,
      CASE WHEN cardinality(a_actor) > 1 THEN x.pats::int8[] ELSE coalesce(
        (SELECT array_agg(DISTINCT now.pat) FROM now WHERE now.pat IS NOT NULL), '{}') END,
      x.detail
    FROM unnest(a_actor, a_action, a_type, a_pats, a_detail) x(actor, action, type, pats, detail)
  )
  SELECT n.p, coalesce(n.old_ver, 0) + (n.method <> 0)::int4, n.old_rid IS NULL OR n.old_lab & 16384 <> 0,
    coalesce(n.old_rid, n.rid), n.upd
  FROM n WHERE n.old_rid IS NOT NULL OR n.method <> 3 ORDER BY n.p;
END $$;

-- The application may write only through what stands here.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cordee_app') THEN
    CREATE ROLE cordee_app;
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO cordee_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO cordee_app;
GRANT INSERT, UPDATE ON resource TO cordee_app;
GRANT INSERT, DELETE ON sp_sort, sp_date, sp_qty, sp_str, sp_place, care_circle TO cordee_app;
GRANT INSERT ON history, journal, audit, dictionary, import_done TO cordee_app;
GRANT INSERT, UPDATE, DELETE ON installation, reindex, closed_session TO cordee_app;
GRANT EXECUTE ON FUNCTION publish_journal(int) TO cordee_app;
