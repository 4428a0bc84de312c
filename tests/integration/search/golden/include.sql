WITH RECURSIVE found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY q.k0 DESC, q.rid DESC) AS ord
FROM ((SELECT 96::int2 AS type, s.rid, s.sd AS k0
FROM sp_sort s
WHERE s.key = $1::int8 AND s.lab < 16384
ORDER BY s.sd DESC, s.rid DESC
LIMIT 21)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21), page AS MATERIALIZED (SELECT q.ord, CASE WHEN q.ord = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts, r.rid, r.refs, r.ent, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM found q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid), inc(type, rid) AS (SELECT x.type, x.rid
FROM page s CROSS
JOIN LATERAL (SELECT t.type, t.rid
FROM unnest(s.refs) f
JOIN r_patient t ON t.type = 103 AND t.id = substr(f, 17)
WHERE starts_with(f, $2::text) AND s.type = 96 AND t.lab < 16384) x(type, rid)
WHERE s.ord <= 20), others AS MATERIALIZED (SELECT r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM (SELECT DISTINCT type, rid
FROM inc i
WHERE NOT EXISTS (SELECT
FROM page p
WHERE p.type = i.type AND p.rid = i.rid AND p.ord <= 20)
LIMIT 1001) i
JOIN resource r ON r.type = i.type AND r.rid = i.rid), traced AS (INSERT INTO audit (actor, action, type, pats, detail) SELECT $3::text, 'E', 96, coalesce((SELECT array_agg(DISTINCT pat)
FROM (SELECT pat
FROM page
WHERE ord <= 20 UNION SELECT pat
FROM others) p
WHERE pat IS NOT NULL), '{}'), $4::text) SELECT 0::int4, ord, sorts, type, id, ver, upd, lab, method, dict, body, pat
FROM page
UNION ALL SELECT 1, 0, NULL, type, id, ver, upd, lab, method, dict, body, pat
FROM others
UNION ALL SELECT 2, ((SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $1::int8 AND r.lab < 16384
LIMIT 10001) c)), NULL, NULL::int2, NULL::text, NULL::int4, NULL::timestamptz, NULL::int2, NULL::int2, NULL::int2, NULL::bytea, NULL::int8
ORDER BY 1, 2
