SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT DISTINCT 96::int2 AS type, x.rid, x.sd AS k0
FROM sp_qty x
WHERE x.param = 2106468404 AND x.ckey = $1::int8 AND x.rawhi > $2::float8 AND x.lab < 16384
AND EXISTS (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.rid = x.rid AND r.idx @> ARRAY[$3::int8] OFFSET 0)
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT *
FROM (SELECT DISTINCT 96::int2 AS type, x.rid, x.sd AS k0
FROM sp_qty x
WHERE x.param = 2106468404 AND x.ckey = $1::int8 AND x.rawhi > $2::float8 AND x.lab < 16384
AND EXISTS (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.rid = x.rid AND r.idx @> ARRAY[$3::int8] OFFSET 0) OFFSET 0) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid
ORDER BY q.n
