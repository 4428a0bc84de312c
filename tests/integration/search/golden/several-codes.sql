WITH RECURSIVE found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY q.k0 DESC, q.rid DESC) AS ord
FROM ((SELECT DISTINCT 96::int2 AS type, w.rid, w.sd AS k0
FROM unnest($1::int8[]) k(key) CROSS
JOIN LATERAL (SELECT s.rid, s.sd
FROM sp_sort s
WHERE s.key = k.key AND s.lab < 16384
ORDER BY s.sd DESC, s.rid DESC
LIMIT 21) w
ORDER BY k0 DESC, rid DESC
LIMIT 21)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21), page AS MATERIALIZED (SELECT q.ord, CASE WHEN q.ord = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts, r.rid, r.refs, r.ent, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM found q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid), traced AS (INSERT INTO audit (actor, action, type, pats, detail) SELECT $2::text, 'E', 96, coalesce((SELECT array_agg(DISTINCT pat)
FROM (SELECT pat
FROM page
WHERE ord <= 20) p
WHERE pat IS NOT NULL), '{}'), $3::text) SELECT 0::int4, ord, sorts, type, id, ver, upd, lab, method, dict, body, pat
FROM page
UNION ALL SELECT 2, ((SELECT count(*)
FROM (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.lab < 16384 AND r.idx && $1::int8[]
LIMIT 10001) c)), NULL, NULL::int2, NULL::text, NULL::int4, NULL::timestamptz, NULL::int2, NULL::int2, NULL::int2, NULL::bytea, NULL::int8
ORDER BY 1, 2
