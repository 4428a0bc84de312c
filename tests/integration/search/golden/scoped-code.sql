SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $1::int8 AND r.lab < 16384 AND r.pat = ANY ($2::int8[])
LIMIT 10001) c) + (SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $1::int8 AND r.lab < 16384 AND FALSE
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT 96::int2 AS type, s.rid, s.sd AS k0
FROM sp_sort s
WHERE s.key = $1::int8 AND s.lab < 16384 AND (FALSE OR s.pat = ANY ($2::int8[]))
ORDER BY s.sd DESC, s.rid DESC
LIMIT 21) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid
ORDER BY q.n
