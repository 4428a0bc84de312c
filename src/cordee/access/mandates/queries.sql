-- name: mandates_of_patient
-- Mandates about a patient as they stood at a moment, the newest first. $1 patient, $2 moment.
SELECT m.*, e.parts, e.powers, e.starts, e.ends, coalesce(a.agent, '') AS agent, a.at AS accepted,
  z.at AS ended, coalesce(z.why, '') AS why
FROM mandate m
JOIN LATERAL (SELECT * FROM mandate_extent x WHERE x.mandate = m.id AND x.at <= $2
  ORDER BY x.n DESC LIMIT 1) e ON true
LEFT JOIN mandate_acceptance a ON a.mandate = m.id AND a.at <= $2
LEFT JOIN mandate_end z ON z.mandate = m.id AND z.at <= $2
WHERE m.patient = $1 ORDER BY m.made DESC;

-- name: mandates_of_agent
-- Mandates that somebody took and nobody ended. $1 agent, $2 moment.
SELECT m.*, e.parts, e.powers, e.starts, e.ends, a.agent, a.at AS accepted,
  NULL::timestamptz AS ended, '' AS why
FROM mandate_acceptance a JOIN mandate m ON m.id = a.mandate
JOIN LATERAL (SELECT * FROM mandate_extent x WHERE x.mandate = m.id AND x.at <= $2
  ORDER BY x.n DESC LIMIT 1) e ON true
WHERE a.agent = $1 AND a.at <= $2
  AND NOT EXISTS (SELECT FROM mandate_end z WHERE z.mandate = m.id AND z.at <= $2)
ORDER BY a.at;

-- name: mandate_of_related
-- The mandate of a RelatedPerson as it stood at a moment. $1 its id, $2 moment.
SELECT m.*, e.parts, e.powers, e.starts, e.ends, coalesce(a.agent, '') AS agent, a.at AS accepted,
  z.at AS ended, coalesce(z.why, '') AS why
FROM mandate m
JOIN LATERAL (SELECT * FROM mandate_extent x WHERE x.mandate = m.id AND x.at <= $2
  ORDER BY x.n DESC LIMIT 1) e ON true
LEFT JOIN mandate_acceptance a ON a.mandate = m.id AND a.at <= $2
LEFT JOIN mandate_end z ON z.mandate = m.id AND z.at <= $2
WHERE m.related = $1;

-- name: mandate
-- One mandate. $1 id, $2 moment.
SELECT m.*, e.parts, e.powers, e.starts, e.ends, coalesce(a.agent, '') AS agent, a.at AS accepted,
  z.at AS ended, coalesce(z.why, '') AS why
FROM mandate m
JOIN LATERAL (SELECT * FROM mandate_extent x WHERE x.mandate = m.id AND x.at <= $2
  ORDER BY x.n DESC LIMIT 1) e ON true
LEFT JOIN mandate_acceptance a ON a.mandate = m.id AND a.at <= $2
LEFT JOIN mandate_end z ON z.mandate = m.id AND z.at <= $2
WHERE m.id = $1;

-- name: add_mandate
-- $1 id, $2 moment, $3 who, $4 patient, $5 kind, $6 name, $7 bond, $8 RelatedPerson, $9 proof,
-- $10 its day.
INSERT INTO mandate (id, made, made_by, patient, kind, name, bond, related, proof, proof_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: add_extent
-- $1 mandate, $2 moment, $3 who, $4 parts, $5 powers, $6 starts, $7 ends.
INSERT INTO mandate_extent (mandate, at, said_by, parts, powers, starts, ends)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: accept_mandate
-- The person takes it: the tie opens the record, unless its processing is limited, and the trail
-- says so. $1 mandate, $2 moment, $3 who, $4 hash of the mandate, $5 hash of the patient, $6 as what
-- they act.
WITH taken AS (
  INSERT INTO mandate_acceptance (mandate, at, agent) VALUES ($1, $2, $3) RETURNING mandate
), tied AS (
  INSERT INTO care_circle (actor, pat, rid) SELECT $4::int8, $5::int8, 0 FROM taken
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $6::int8, $3, 'C', 103, ARRAY[$5::int8], 'mandate taken ' || mandate FROM taken
)
SELECT mandate FROM taken;

-- name: end_mandate
-- $1 mandate, $2 moment, $3 who, $4 why, $5 hash of the patient, $6 as what they act.
WITH over AS (
  INSERT INTO mandate_end (mandate, at, ended_by, why) VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING RETURNING mandate
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $6::int8, $3, 'D', 103, ARRAY[$5::int8], 'mandate ended ' || mandate FROM over
)
SELECT mandate FROM over;

-- name: history_of_patient
-- All that was said of mandates about a patient, the newest first. $1 patient, $2 most.
SELECT h.at, h.what, h.by, m.name, m.kind FROM (
  SELECT e.mandate, e.at, CASE WHEN e.at = d.made THEN 'named' ELSE 'changed' END AS what,
    e.said_by AS by
  FROM mandate_extent e JOIN mandate d ON d.id = e.mandate WHERE d.patient = $1
  UNION ALL
  SELECT a.mandate, a.at, 'taken', a.agent FROM mandate_acceptance a
  JOIN mandate d ON d.id = a.mandate WHERE d.patient = $1
  UNION ALL
  SELECT z.mandate, z.at, z.why, z.ended_by FROM mandate_end z
  JOIN mandate d ON d.id = z.mandate WHERE d.patient = $1
) h JOIN mandate m ON m.id = h.mandate ORDER BY h.at DESC LIMIT $2;

-- name: patient_of_mandate
-- The Patient that a mandate is about: for its dates alone, never to be shown. $1 id, $2 hash.
SELECT r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM r_patient r
WHERE r.type = 103 AND r.id = $1 AND r.pat = $2 AND r.lab & 16384 = 0;

-- name: trace_invited
-- $1 as what they act, $2 who, $3 hash of the patient, $4 detail.
INSERT INTO audit (acting, actor, action, type, pats, detail)
VALUES ($1, $2, 'C', 103, ARRAY[$3::int8], $4);

-- name: related_person
-- The one of a mandate, in whichever file it is: it follows when two are made one. $1 id.
SELECT r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM resource r
WHERE r.type = 114 AND r.id = $1 AND r.lab & 16384 = 0;

-- name: add_invitation
-- $1 id, $2 digest, $3 made, $4 ends, $5 who, $6 patient, $7 mandate or null.
INSERT INTO invitation (id, digest, made, ends, made_by, patient, mandate)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: invitation
-- The one of this code, when it is the newest of its thing, was not used and has not ended.
-- $1 digest, $2 moment.
SELECT i.id, i.patient, i.mandate, i.made_by, i.ends FROM invitation i
WHERE i.digest = $1 AND i.made <= $2 AND i.ends > $2
  AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation = i.id)
  AND NOT EXISTS (SELECT FROM invitation n WHERE n.patient = i.patient
    AND n.mandate IS NOT DISTINCT FROM i.mandate AND n.made > i.made);

-- name: use_invitation
-- $1 invitation, $2 moment, $3 who; no row where it was used meanwhile.
INSERT INTO invitation_use (invitation, at, agent) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING invitation;
