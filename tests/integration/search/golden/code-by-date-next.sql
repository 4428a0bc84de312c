SELECT q.n, q.total, q.sorts, r.pat, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM (SELECT q.*, row_number() OVER () AS n, NULL::int8 AS total, CASE WHEN row_number() OVER () = 5 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts
FROM (SELECT 96::int2 AS type, s.rid, s.sd AS k0
FROM sp_sort s
WHERE s.key = $1::int8 AND s.lab < 16384 AND (s.sd, s.rid) < ($2::text::timestamptz, $3::text::int8)
ORDER BY s.sd DESC, s.rid DESC
LIMIT 6) q) q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid
ORDER BY q.n
