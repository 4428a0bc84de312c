SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.lab < 16384 AND r.idx && $1::int8[]
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT DISTINCT 96::int2 AS type, w.rid, w.sd AS k0
FROM unnest($1::int8[]) k(key) CROSS
JOIN LATERAL (SELECT s.rid, s.sd
FROM sp_sort s
WHERE s.key = k.key AND s.lab < 16384
ORDER BY s.sd DESC, s.rid DESC
LIMIT 21) w
ORDER BY k0 DESC, rid DESC
LIMIT 21) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid
ORDER BY q.n
