SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.lab < 16384
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT *
FROM (SELECT 96::int2 AS type, j.rid, j.upd AS k0
FROM (SELECT type, rid, ver, upd
FROM journal_pub
UNION ALL SELECT type, rid, ver, upd
FROM journal) j
WHERE j.type = 96
AND EXISTS (SELECT
FROM r_observation r
WHERE r.type = 96 AND r.rid = j.rid AND r.ver = j.ver AND r.lab < 16384 OFFSET 0)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid
ORDER BY q.n
