WITH RECURSIVE page AS MATERIALIZED (SELECT q.n, q.total, q.sorts, r.rid, r.refs, r.ent, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $1::int8 AND r.lab < 16384
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT 96::int2 AS type, s.rid, s.sd AS k0
FROM sp_sort s
WHERE s.key = $1::int8 AND s.lab < 16384
ORDER BY s.sd DESC, s.rid DESC
LIMIT 21) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid), inc(type, rid) AS (SELECT x.type, x.rid
FROM page s CROSS
JOIN LATERAL (SELECT t.type, t.rid
FROM unnest(s.refs) f
JOIN r_patient t ON t.type = 103 AND t.id = substr(f, 17)
WHERE starts_with(f, $2::text) AND s.type = 96 AND t.lab < 16384) x(type, rid)
WHERE s.n <= 20), picked AS MATERIALIZED (SELECT DISTINCT type, rid
FROM inc i
WHERE NOT EXISTS (SELECT
FROM page p
WHERE p.type = i.type AND p.rid = i.rid AND p.n <= 20)
LIMIT 1001), others AS MATERIALIZED (SELECT r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM picked i
JOIN r_patient r ON r.type = i.type AND r.rid = i.rid) SELECT r.n, r.total, r.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM page r
UNION ALL SELECT 0, NULL, NULL, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM others r
ORDER BY 1
