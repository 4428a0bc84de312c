-- name: propose
-- A change of the matrix; its number. $1 effective, $2 who, $3 role, $4 motive, $5 cells.
INSERT INTO matrix_proposal (effective, proposed_by, proposed_role, motive, cells)
VALUES ($1, $2, $3, $4, $5::jsonb) RETURNING n;

-- name: decide_proposal
-- The other person's word on a proposal. $1 number, $2 who, $3 role, $4 accepted, $5 moment.
INSERT INTO matrix_verdict
  (n, at, effective, proposed_by, proposed_role, decided_by, decided_role, accepted)
SELECT n, $5, effective, proposed_by, proposed_role, $2, $3, $4 FROM matrix_proposal WHERE n = $1
RETURNING n;

-- name: proposals
-- All proposals and what became of them, the newest first.
SELECT p.n, p.at, p.effective, p.proposed_by, p.proposed_role, p.motive, p.cells::text AS cells,
  v.at AS decided_at, v.decided_by, v.decided_role, v.accepted
FROM matrix_proposal p LEFT JOIN matrix_verdict v USING (n) ORDER BY p.n DESC;

-- name: accepted_changes
-- Accepted changes in the order in which they were accepted.
SELECT p.n, p.effective, p.cells::text AS cells
FROM matrix_proposal p JOIN matrix_verdict v USING (n) WHERE v.accepted ORDER BY v.at, p.n;

-- name: say_consent
-- $1 patient, $2 what, $3 target, $4 holds, $5 who said it, $6 source, $7 moment.
INSERT INTO consent_statement (patient, what, target, holds, said_by, source, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: consent_at
-- What held of a patient's word at a moment. $1 patient, $2 moment.
SELECT what, target FROM (
  SELECT DISTINCT ON (what, target) what, target, holds FROM consent_statement
  WHERE patient = $1 AND at <= $2 ORDER BY what, target, n DESC
) said WHERE holds;

-- name: say_visibility
-- $1 patient, $2 resource, $3 what, $4 holds, $5 until, $6 who said it, $7 moment.
INSERT INTO visibility_statement (patient, resource, what, holds, until, said_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: visibility_at
-- What held of one resource at a moment. $1 resource, $2 moment.
SELECT what, until FROM (
  SELECT DISTINCT ON (what) what, until, holds FROM visibility_statement
  WHERE resource = $1 AND at <= $2 ORDER BY what, n DESC
) said WHERE holds;

-- name: break_glass
-- A grant, traced with its patient; its id. $1 opened, $2 ends, $3 agent, $4 practitioner,
-- $5 structure, $6 role, $7 patient, $8 category, $9 motive.
WITH given AS (
  INSERT INTO glass_grant
    (opened, ends, agent, practitioner, structure, role, patient, category, motive)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
  WHERE NOT coalesce((SELECT holds FROM consent_statement
    WHERE patient = $7 AND what = 'emergency-opposed' AND at <= $1 ORDER BY n DESC LIMIT 1), false)
  RETURNING id, agent, patient
), traced AS (
  INSERT INTO audit (actor, action, type, pats, detail)
  SELECT agent, 'C', 103, ARRAY(
    SELECT r.pat FROM r_patient r WHERE r.type = 103 AND r.id = g.patient), 'glass ' || g.id
  FROM given g
)
SELECT id FROM given;

-- name: close_glass
-- $1 grant, $2 moment, $3 who.
INSERT INTO glass_closing (grant_id, at, closed_by) VALUES ($1, $2, $3);

-- name: review_glass
-- $1 grant, $2 moment, $3 who, $4 justified, $5 note.
INSERT INTO glass_review (grant_id, at, reviewed_by, justified, note) VALUES ($1, $2, $3, $4, $5);

-- name: glass
-- One grant with what became of it. $1 id.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified FROM glass_grant g
LEFT JOIN glass_closing c ON c.grant_id = g.id LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE g.id = $1;

-- name: glasses_of
-- Grants of an agent for a patient. $1 patient, $2 agent, $3 moment.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified FROM glass_grant g
LEFT JOIN glass_closing c ON c.grant_id = g.id LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE g.patient = $1 AND g.agent = $2 AND g.opened <= $3 AND g.ends > $3;

-- name: review_queue
-- Grants that nobody has reviewed, the oldest first. $1 most.
SELECT g.*, c.at AS closed, NULL::timestamptz AS reviewed, NULL::bool AS justified
FROM glass_grant g LEFT JOIN glass_closing c ON c.grant_id = g.id
WHERE NOT EXISTS (SELECT FROM glass_review v WHERE v.grant_id = g.id)
ORDER BY g.opened LIMIT $1;

-- name: say_situation
-- $1 practitioner, $2 structure, $3 role, $4 profession, $5 starts, $6 ends, $7 who, $8 moment.
INSERT INTO work_situation
  (practitioner, structure, role, profession, starts, ends, said_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: situations_at
-- Situations of a practitioner that run at a moment, as they were known then. $1, $2 moment.
SELECT structure, role, profession, starts, ends FROM (
  SELECT DISTINCT ON (structure, role) * FROM work_situation
  WHERE practitioner = $1 AND at <= $2 ORDER BY structure, role, n DESC
) said WHERE starts <= $2 AND (ends IS NULL OR ends > $2) ORDER BY structure, role;
