SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, CASE WHEN count(*) OVER () <= 20 THEN count(*) OVER () ELSE ((SELECT count(*)
FROM (SELECT
FROM resource r
WHERE TRUE AND r.lab < 16384
LIMIT 10001) c)) END AS total, CASE WHEN row_number() OVER () = 20 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT *
FROM (SELECT j.type, j.rid, j.upd AS k0
FROM (SELECT type, rid, ver, upd
FROM journal_pub
UNION ALL SELECT type, rid, ver, upd
FROM journal) j
WHERE TRUE
AND EXISTS (SELECT
FROM resource r
WHERE r.type = j.type AND r.rid = j.rid AND r.ver = j.ver AND r.lab < 16384 OFFSET 0)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 21) q) q
JOIN resource r ON r.type = q.type AND r.rid = q.rid
ORDER BY q.n
