-- name: declare
-- $1 declared, $2 who, $3 found, $4 account, $5 starts, $6 ends, $7 what happened.
INSERT INTO incident (declared, declared_by, found, agent, starts, ends, what)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id;

-- name: incidents
-- Incidents with their last count and their steps, the newest first. $1 most, $2 one alone.
SELECT i.*, s.n AS scope, s.at AS counted, s.readable, s.read, s.whole, s.seconds,
  (SELECT jsonb_object_agg(t.kind, jsonb_build_array(t.at, t.by, t.words))::text
    FROM incident_step t WHERE t.incident = i.id) AS steps
FROM incident i LEFT JOIN LATERAL (
  SELECT * FROM incident_scope s WHERE s.incident = i.id ORDER BY s.n DESC LIMIT 1) s ON true
WHERE $2::uuid IS NULL OR i.id = $2 ORDER BY i.declared DESC LIMIT $1;

-- name: step
-- $1 incident, $2 moment, $3 who, $4 kind, $5 words.
INSERT INTO incident_step (incident, at, by, kind, words) VALUES ($1, $2, $3, $4, $5);

-- name: acted
-- As what an account acted until a moment, and its situations. $1 account, $2 until.
SELECT role, structure, practitioner FROM acting WHERE agent = $1 AND made <= $2
UNION
SELECT s.role, s.structure, s.practitioner FROM account a JOIN situation s ON s.account = a.id
WHERE a.login = $1
UNION
SELECT s.role, s.structure, s.practitioner FROM account a JOIN delegation d ON d.delegate = a.id
JOIN situation s ON s.id = d.situation WHERE a.login = $1 AND d.starts <= $2;

-- name: agents
-- Accounts that acted last, to choose from. $1 most.
SELECT agent, max(name) AS name FROM acting WHERE role <> 'system' GROUP BY agent
ORDER BY max(made) DESC LIMIT $1;

-- name: roles
-- PractitionerRoles of professionals. $1 keys of their parameter `practitioner`.
SELECT r.id FROM r_other r WHERE r.type = 109 AND r.lab < 16384 AND r.idx && $1::int8[];

-- name: reach
-- Patients that ties open which stood before the end, and how. A tie that is closed stands under the
-- complement of its patient's hash. $1 hashes of the ties, $2 their kinds, $3 end.
SELECT CASE WHEN p.pat IS NULL THEN ~c.pat ELSE c.pat END AS pat,
  array_agg(DISTINCT k.kind) AS ways, min(rid_moment(c.rid)) AS since,
  bool_and(p.pat IS NULL) AS closed
FROM unnest($1::int8[], $2::text[]) k(actor, kind)
JOIN care_circle c ON c.actor = k.actor
LEFT JOIN r_patient p ON p.type = 103 AND p.pat = c.pat
WHERE c.rid > 0 AND rid_moment(c.rid) < $3
GROUP BY 1;

-- name: ended_ties
-- Versions of what ties that were replaced or removed since a moment and were current before the
-- other. $1 start, $2 end, $3 types, $4 most.
SELECT j.type, r.id, h.lab, h.method, h.dict, h.body, h.pat, h.upd, h.rid, h.ver
FROM journal_pub j JOIN history h ON h.rid = j.rid AND h.ver = j.ver - 1
JOIN resource r ON r.type = j.type AND r.rid = j.rid
WHERE j.type = ANY ($3::int2[]) AND j.upd > $1 AND j.ver > 1 AND h.upd < $2
LIMIT $4;

-- name: opposed
-- What patients said of who is kept out, in its order, of those who ever did.
SELECT s.patient, s.what, s.target, s.holds, s.at, p.pat FROM consent_statement s
JOIN r_patient p ON p.type = 103 AND p.id = s.patient
WHERE s.what = 'sharing-opposed' OR s.what = 'blocked' AND s.target = ANY ($1::text[]) ORDER BY s.n;

-- name: opened
-- Broken glasses and consents for a consultation of an account that ran between two moments.
-- $1 account, $2 start, $3 end.
SELECT p.pat, 'glass' AS way FROM glass_grant g
LEFT JOIN glass_closing c ON c.grant_id = g.id
JOIN r_patient p ON p.type = 103 AND p.id = g.patient
WHERE g.agent = $1 AND g.opened < $3 AND least(g.ends, c.at) > $2
UNION
SELECT p.pat, 'consultation' FROM consultation_request q
JOIN consultation_answer a ON a.request = q.id AND a.accepted
LEFT JOIN consultation_closing c ON c.request = q.id
JOIN r_patient p ON p.type = 103 AND p.id = q.patient
WHERE q.agent = $1 AND a.at < $3 AND least(a.ends, c.at) > $2;

-- name: keep_scope
-- The count and its patients, in one statement with its trace. $1 incident, $2 moment, $3 who, $4 as
-- what, $5 account, $6 start, $7 end, $8 hashes of readable patients, $9 their ways (with commas),
-- $10 every patient, $11 began.
WITH lines AS MATERIALIZED (
  SELECT p.pat, count(*) AS lines, min(a.at) AS first, max(a.at) AS last
  FROM audit a CROSS JOIN LATERAL unnest(a.pats) p(pat)
  WHERE a.at >= $6 AND a.at < $7 AND a.actor = $5 GROUP BY p.pat
), readable AS MATERIALIZED (
  SELECT u.pat, string_to_array(u.ways, ',') AS ways FROM unnest($8::int8[], $9::text[]) u(pat, ways)
), found AS MATERIALIZED (
  SELECT p.id, coalesce(r.ways, CASE WHEN $10::bool THEN ARRAY['everything'] ELSE ARRAY[]::text[] END) AS ways,
    coalesce(l.lines, 0) AS lines, l.first, l.last
  FROM r_patient p LEFT JOIN readable r ON r.pat = p.pat LEFT JOIN lines l ON l.pat = p.pat
  WHERE p.type = 103 AND (r.pat IS NOT NULL OR l.pat IS NOT NULL OR $10)
    AND ($10 OR p.pat = ANY (SELECT pat FROM readable UNION ALL SELECT pat FROM lines))
), kept AS (
  INSERT INTO incident_scope (incident, at, by, readable, read, whole, seconds)
  SELECT $1::uuid, $2, $3::text, count(*) FILTER (WHERE ways <> '{}'), count(*) FILTER (WHERE lines > 0), $10,
    extract(epoch FROM clock_timestamp() - $11::timestamptz) FROM found
  RETURNING n
), patients AS (
  INSERT INTO incident_patient (scope, patient, ways, lines, first, last)
  SELECT k.n, f.id, f.ways, f.lines, f.first, f.last FROM found f CROSS JOIN kept k
), traced AS (
  INSERT INTO audit (acting, actor, action, detail)
  SELECT $4::int8, $3, 'E', 'breach scope ' || $1::uuid
)
SELECT n FROM kept;

-- name: people
-- Patients of a count, read ones first, after one of them; whose identity is shown is traced.
-- $1 scope, $2 most, $3 how many to leave out, $4 read ones only, $5 who, $6 as what, $7 why.
WITH page AS MATERIALIZED (
  SELECT s.patient, s.ways, s.lines, s.first, s.last FROM incident_patient s
  WHERE s.scope = $1 AND (NOT $4::bool OR s.lines > 0)
  ORDER BY s.lines > 0 DESC, s.patient LIMIT $2 OFFSET $3
), shown AS MATERIALIZED (
  SELECT g.*, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
  FROM page g LEFT JOIN r_patient r ON r.type = 103 AND r.id = g.patient AND r.lab & 16384 = 0
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $6::int8, $5::text, 'R', 103, array_agg(pat) FILTER (WHERE pat IS NOT NULL), $7::text
  FROM shown HAVING count(pat) > 0
)
SELECT * FROM shown ORDER BY lines > 0 DESC, patient;
