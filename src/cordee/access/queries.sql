-- name: open_record
-- All rows of one patient's record that the caller may see, in one round trip; traced.
-- $1 id, $2 hidden labels, $3 actors (null: every patient), $4 agent, $5 reason.
WITH p AS MATERIALIZED (
  SELECT r.* FROM r_patient r
  WHERE r.type = 103 AND r.id = $1 AND r.lab & ($2::int2 | 16384) = 0
    AND ($3::int8[] IS NULL OR EXISTS (
      SELECT FROM care_circle c WHERE c.actor = ANY ($3) AND c.pat = r.pat))
), found AS MATERIALIZED (
  SELECT 'patient' AS kind, 0 AS place, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs
  FROM p r
  UNION ALL (SELECT 'problems', 1, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_condition r ON r.type = 28 AND r.pat = p.pat AND r.lab & ($2 | 16384) = 0
    ORDER BY r.sd DESC LIMIT 200)
  UNION ALL (SELECT 'allergies', 2, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_allergyintolerance r ON r.type = 4 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 100)
  UNION ALL (SELECT 'treatments', 3, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_medicationrequest r ON r.type = 79 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 200)
  UNION ALL (SELECT 'treatments', 3, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_other r ON r.type = 80 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 200)
  UNION ALL (SELECT 'results', 4, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_observation r ON r.type = 96 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 1500)
  UNION ALL (SELECT 'encounters', 5, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_encounter r ON r.type = 44 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 300)
  UNION ALL (SELECT 'documents', 6, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_documentreference r ON r.type = 42 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 300)
  UNION ALL (SELECT 'documents', 6, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_diagnosticreport r ON r.type = 40 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 300)
  UNION ALL (SELECT 'care_team', 7, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_careteam r ON r.type = 15 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 20)
  UNION ALL (SELECT 'care_team', 7, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body,
    r.refs FROM p JOIN r_other r ON r.type = 114 AND r.pat = p.pat
    AND r.lab & ($2 | 16384) = 0 ORDER BY r.sd DESC LIMIT 50)
), named AS (
  SELECT DISTINCT split_part(f, '>', 2) AS reference FROM found, unnest(found.refs) f
), known AS (
  SELECT 'names' AS kind, 8 AS place, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
  FROM named n JOIN r_practitioner r ON r.type = 108 AND r.id = split_part(n.reference, '/', 2)
  WHERE starts_with(n.reference, 'Practitioner/') AND r.lab & ($2 | 16384) = 0
  UNION ALL
  SELECT 'names', 8, r.type, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
  FROM named n JOIN r_organization r ON r.type = 100 AND r.id = split_part(n.reference, '/', 2)
  WHERE starts_with(n.reference, 'Organization/') AND r.lab & ($2 | 16384) = 0
), traced AS (
  INSERT INTO audit (actor, action, type, pats, detail)
  SELECT $4, 'R', 103, ARRAY[p.pat], 'record ' || $5 || ' ' || p.id FROM p
)
SELECT kind, place, type, id, ver, upd, lab, method, dict, body FROM found
UNION ALL SELECT kind, place, type, id, ver, upd, lab, method, dict, body FROM known
UNION ALL SELECT 'change', 9, NULL, coalesce((
  SELECT j.n FROM journal_pub j WHERE j.pat = p.pat AND ($2 = 0 OR NOT EXISTS (
      SELECT FROM resource r WHERE r.type = j.type AND r.rid = j.rid AND r.lab & $2 <> 0)
    AND NOT EXISTS (SELECT FROM history h WHERE h.rid = j.rid AND h.lab & $2 <> 0))
  ORDER BY j.n DESC LIMIT 1), 0)::text, 0, now(), 0, 0, 0, NULL FROM p
ORDER BY place;

-- name: find_patients
-- Patients that meet all parts of what was typed, by birth name; traced.
-- $1 hidden labels, $2 actors, $3 agent, $4 words, $5 numbers of the name parameters,
-- $6 number of the family parameter, $7 keys of the matricule, $8 number of birthdate, $9 and $10
-- bounds of the birth date, $11 and $12 the last row seen, $13 limit.
WITH found AS MATERIALIZED (
  SELECT r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat,
    coalesce((SELECT min(x.v) FROM sp_str x WHERE x.rid = r.rid AND x.param = $6), '') AS family
  FROM r_patient r
  WHERE r.type = 103 AND r.lab & ($1::int2 | 16384) = 0
    AND ($2::int8[] IS NULL OR EXISTS (
      SELECT FROM care_circle c WHERE c.actor = ANY ($2) AND c.pat = r.pat))
    AND (cardinality($7::int8[]) = 0 OR r.idx && $7)
    AND ($9::timestamptz IS NULL OR r.rid IN (
      SELECT x.rid FROM sp_date x WHERE x.param = $8::int4 AND x.lo >= $9 AND x.hi <= $10))
    AND (cardinality($4::text[]) = 0 OR r.rid IN (
      SELECT x.rid FROM unnest($4) WITH ORDINALITY w(word, i) CROSS JOIN LATERAL (
        SELECT DISTINCT s.rid FROM sp_str s WHERE s.param = ANY ($5::int4[])
          AND s.v >= w.word AND s.v < w.word || chr(1114111)) x
      GROUP BY x.rid HAVING count(*) = cardinality($4)))
), page AS MATERIALIZED (
  SELECT * FROM found
  WHERE $11::text IS NULL OR (family, rid) > ($11, $12::int8)
  ORDER BY family, rid LIMIT $13
), traced AS (
  INSERT INTO audit (actor, action, type, pats, detail)
  SELECT $3, 'E', 103, coalesce(array_agg(DISTINCT pat), '{}'), 'patient search on screen' FROM page
)
SELECT * FROM page ORDER BY family, rid;

-- name: recent_patients
-- Patients whose record the caller opened last, among the newest lines of the trail.
-- $1 hidden labels, $2 actors, $3 agent, $4 limit.
WITH opened AS MATERIALIZED (
  SELECT a.pats[1] AS pat, max(a.n) AS n FROM audit a
  WHERE a.n > (SELECT coalesce(max(n), 0) - 50000 FROM audit) AND a.actor = $3
    AND a.action = 'R' AND starts_with(a.detail, 'record open ')
  GROUP BY 1 ORDER BY 2 DESC LIMIT $4
), page AS MATERIALIZED (
  SELECT o.n, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
  FROM opened o JOIN r_patient r ON r.type = 103 AND r.pat = o.pat
  WHERE r.lab & ($1::int2 | 16384) = 0 AND ($2::int8[] IS NULL OR EXISTS (
    SELECT FROM care_circle c WHERE c.actor = ANY ($2) AND c.pat = r.pat))
), traced AS (
  INSERT INTO audit (actor, action, type, pats, detail)
  SELECT $3, 'R', 103, array_agg(pat), 'recent patients' FROM page HAVING count(*) > 0
)
SELECT * FROM page ORDER BY n DESC;

-- name: sees_patient
-- Hash of a patient that the caller may see; no row when they may not.
-- $1 id, $2 hidden labels, $3 actors.
SELECT r.pat FROM r_patient r
WHERE r.type = 103 AND r.id = $1 AND r.lab & ($2::int2 | 16384) = 0
  AND ($3::int8[] IS NULL OR EXISTS (
    SELECT FROM care_circle c WHERE c.actor = ANY ($3) AND c.pat = r.pat));

-- name: newest_change
-- Number of the newest published write of a patient that is not hidden. $1 patient, $2 hidden labels.
SELECT coalesce((SELECT j.n FROM journal_pub j WHERE j.pat = $1 AND ($2::int2 = 0 OR NOT EXISTS (
    SELECT FROM resource r WHERE r.type = j.type AND r.rid = j.rid AND r.lab & $2 <> 0)
  AND NOT EXISTS (SELECT FROM history h WHERE h.rid = j.rid AND h.lab & $2 <> 0))
ORDER BY j.n DESC LIMIT 1), 0);

-- name: accesses
-- Lines of the trail that name a patient, the newest first, before a line. The reading is traced too.
-- $1 hash of the patient, $2 agent, $3 number of the line before which they are, $4 limit.
WITH page AS MATERIALIZED (
  SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.detail FROM audit a
  WHERE a.pats @> ARRAY[$1::int8] AND ($3::int8 IS NULL OR a.n < $3) ORDER BY a.n DESC LIMIT $4
), traced AS (
  INSERT INTO audit (actor, action, pats, detail) VALUES ($2, 'R', ARRAY[$1], 'accesses read')
)
SELECT * FROM page ORDER BY n DESC;

-- name: circle
-- Who is in the circle of a patient, as hashes. $1 hash of the patient.
SELECT DISTINCT actor FROM care_circle WHERE pat = $1;
