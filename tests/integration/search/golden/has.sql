SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM r_patient r
WHERE r.type = 103 AND r.lab < 16384 AND r.pat IN (SELECT t.pat
FROM sp_sort t
WHERE t.key = ANY ($1::int8[]) AND t.lab < 16384)
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT *
FROM (SELECT 103::int2 AS type, r.rid, r.sd AS k0
FROM r_patient r
WHERE r.type = 103 AND r.lab < 16384 AND r.pat IN (SELECT t.pat
FROM sp_sort t
WHERE t.key = ANY ($1::int8[]) AND t.lab < 16384)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21) q) q
JOIN r_patient r ON r.type = 103 AND r.rid = q.rid
ORDER BY q.n
