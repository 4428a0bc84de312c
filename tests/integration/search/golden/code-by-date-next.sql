WITH RECURSIVE found AS MATERIALIZED (SELECT q.*, row_number() OVER (ORDER BY q.k0 DESC, q.rid DESC) AS ord
FROM ((SELECT 96::int2 AS type, s.rid, s.sd AS k0
FROM sp_sort s
WHERE s.key = $1::int8 AND s.lab < 16384 AND (s.sd, s.rid) < ($2::text::timestamptz, $3::text::int8)
ORDER BY s.sd DESC, s.rid DESC
LIMIT 6)) q
ORDER BY q.k0 DESC, q.rid DESC
LIMIT 6), page AS MATERIALIZED (SELECT q.ord, CASE WHEN q.ord = 5 THEN ARRAY[q.k0::text, q.rid::text] END AS sorts, r.rid, r.refs, r.ent, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM found q
JOIN r_observation r ON r.type = 96 AND r.rid = q.rid), traced AS (INSERT INTO audit (actor, action, type, pats, detail) SELECT $4::text, 'E', 96, coalesce((SELECT array_agg(DISTINCT pat)
FROM (SELECT pat
FROM page
WHERE ord <= 5) p
WHERE pat IS NOT NULL), '{}'), $5::text) SELECT 0::int4, ord, sorts, type, id, ver, upd, lab, method, dict, body, pat
FROM page
ORDER BY 1, 2
