WITH RECURSIVE found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY q.k0 DESC, q.rid DESC) AS ord
FROM ((SELECT *
FROM (SELECT 103::int2 AS type, r.rid, r.sd AS k0
FROM r_patient r
WHERE r.type = 103 AND r.lab < 16384 AND r.idx @> ARRAY[$1::int8] OFFSET 0) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21), page AS MATERIALIZED (SELECT q.ord, CASE WHEN q.ord = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts, r.rid, r.refs, r.ent, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM found q
JOIN r_patient r ON r.type = 103 AND r.rid = q.rid), traced AS (INSERT INTO audit (actor, action, type, pats, detail) SELECT $2::text, 'E', 103, coalesce((SELECT array_agg(DISTINCT pat)
FROM (SELECT pat
FROM page
WHERE ord <= 20) p
WHERE pat IS NOT NULL), '{}'), $3::text) SELECT 0::int4, ord, sorts, type, id, ver, upd, lab, method, dict, body, pat
FROM page
UNION ALL SELECT 2, ((SELECT count(*)
FROM (SELECT
FROM r_patient r
WHERE r.type = 103 AND r.lab < 16384 AND r.idx @> ARRAY[$1::int8]
LIMIT 10001) c)), NULL, NULL::int2, NULL::text, NULL::int4, NULL::timestamptz, NULL::int2, NULL::int2, NULL::int2, NULL::bytea, NULL::int8
ORDER BY 1, 2
