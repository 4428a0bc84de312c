-- {seen} and {former} are the conditions of `store.visibility` on a row r; where they stand, $1 to $8
-- are the caller's, and where a line is traced $9 is the agent, $10 as what they act.

-- name: find_patients
-- Patients that meet all parts of what was typed, by birth name; traced.
-- $11 words, $12 numbers of the name parameters, $13 number of the family parameter, $14 keys of the
-- matricule, $15 number of birthdate, $16 and $17 bounds of the birth date, $18 and $19 the last row
-- seen, $20 limit.
WITH found AS MATERIALIZED (
  SELECT r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat,
    coalesce((SELECT min(x.v) FROM sp_str x WHERE x.rid = r.rid AND x.param = $13), '') AS family
  FROM r_patient r
  WHERE r.type = 103 AND r.lab < 16384 AND {seen}
    AND (cardinality($14::int8[]) = 0 OR r.idx && $14)
    AND ($16::timestamptz IS NULL OR r.rid IN (
      SELECT x.rid FROM sp_date x WHERE x.param = $15::int4 AND x.lo >= $16 AND x.hi <= $17))
    AND (cardinality($11::text[]) = 0 OR r.rid IN (
      SELECT x.rid FROM unnest($11) WITH ORDINALITY w(word, i) CROSS JOIN LATERAL (
        SELECT DISTINCT s.rid FROM sp_str s WHERE s.param = ANY ($12::int4[])
          AND s.v >= w.word AND s.v < w.word || chr(1114111)) x
      GROUP BY x.rid HAVING count(*) = cardinality($11)))
), page AS MATERIALIZED (
  SELECT * FROM found
  WHERE $18::text IS NULL OR (family, rid) > ($18, $19::int8)
  ORDER BY family, rid LIMIT $20
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $10::int8, $9::text, 'E', 103, coalesce(array_agg(DISTINCT pat), '{}'), 'patient search on screen' FROM page
)
SELECT * FROM page ORDER BY family, rid;

-- name: recent_patients
-- Patients whose record the caller opened last, among the newest lines of the trail. $11 limit.
WITH opened AS MATERIALIZED (
  SELECT a.pats[1] AS pat, max(a.n) AS n FROM audit a
  WHERE a.n > (SELECT coalesce(max(n), 0) - 50000 FROM audit) AND a.actor = $9::text
    AND a.action = 'R' AND starts_with(a.detail, 'record open ')
  GROUP BY 1 ORDER BY 2 DESC LIMIT $11
), page AS MATERIALIZED (
  SELECT o.n, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
  FROM opened o JOIN r_patient r ON r.type = 103 AND r.pat = o.pat
  WHERE r.lab < 16384 AND {seen}
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $10::int8, $9, 'R', 103, array_agg(pat), 'recent patients' FROM page HAVING count(*) > 0
)
SELECT * FROM page ORDER BY n DESC;

-- name: last_visit
-- The last time that somebody opened a record before a moment. $1 agent, $2 hash of the patient,
-- $3 its id, $4 moment.
SELECT a.at FROM audit a WHERE a.pats @> ARRAY[$2::int8] AND a.actor = $1 AND a.action = 'R'
  AND a.detail = 'record open ' || $3 AND a.at < $4 ORDER BY a.at DESC LIMIT 1;

-- name: sees_patient
-- Hash of a patient that the caller may see; no row when they may not. $9 id.
SELECT r.pat FROM r_patient r WHERE r.type = 103 AND r.id = $9 AND r.lab < 16384 AND {seen};

-- name: newest_change
-- Number of the newest published write of a patient that was never hidden. $9 patient.
SELECT coalesce((SELECT j.n FROM journal_pub j WHERE j.pat = $9 AND EXISTS (
    SELECT FROM resource r WHERE r.type = j.type AND r.rid = j.rid AND {seen} AND {former})
ORDER BY j.n DESC LIMIT 1), 0);

-- name: accesses
-- Lines of the trail that name a patient, the newest first, before a line. The reading is traced too.
-- $1 hash of the patient, $2 agent, $3 acting, $4 number of the line before which they are, $5 limit.
WITH page AS MATERIALIZED (
  SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.detail, w.name, w.role,
    w.delegated_by, w.client, w.structure, w.practitioner
  FROM audit a LEFT JOIN acting w ON w.id = a.acting
  WHERE a.pats @> ARRAY[$1::int8] AND ($4::int8 IS NULL OR a.n < $4) ORDER BY a.n DESC LIMIT $5
), traced AS (
  INSERT INTO audit (acting, actor, action, pats, detail)
  VALUES ($3, $2, 'R', ARRAY[$1], 'accesses read')
)
SELECT * FROM page ORDER BY n DESC;

-- name: circle
-- Who is in the circle of a patient, as hashes. $1 hash of the patient.
SELECT DISTINCT actor FROM care_circle WHERE pat = $1;
