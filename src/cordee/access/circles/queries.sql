-- $1 to $8 are the caller's, $9 the agent, $10 as what they act: see access/queries.sql.

-- name: active_circles
-- Patients whom the caller may see and of whom something was written since $11, the latest first,
-- at most $12, each followed by their care teams; traced. $13 number of CareTeam.
WITH active AS MATERIALIZED (
  SELECT j.pat, max(j.upd) AS last FROM journal_pub j
  WHERE j.upd > $11 AND j.pat IS NOT NULL GROUP BY j.pat
), page AS MATERIALIZED (
  SELECT r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat, a.last
  FROM active a JOIN r_patient r ON r.type = 103 AND r.pat = a.pat
  WHERE r.lab < 16384 AND {seen} ORDER BY a.last DESC LIMIT $12
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $10::int8, $9::text, 'R', 103, array_agg(pat), 'active circles, for paper' FROM page
  HAVING count(*) > 0
)
SELECT * FROM page
UNION ALL
SELECT r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat, p.last
FROM page p JOIN resource r ON r.type = $13::int2 AND r.pat = p.pat
WHERE r.lab < 8192 AND {seen}
ORDER BY last DESC, pat, type DESC;

-- name: named
-- Professionals and structures, which are no patient's. $1 numbers of their types, $2 ids.
SELECT r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM unnest($1::int2[], $2::text[]) n(type, id) JOIN resource r ON r.type = n.type AND r.id = n.id
WHERE r.lab < 8192;
