-- name: active_circle
-- Id of the CareTeam that is the circle of a patient. $1 hash of the patient, $2 type, $3 now.
SELECT r.id FROM active_circle a JOIN resource r ON r.type = $2 AND r.rid = a.rid
WHERE a.pat = $1 AND a.ends > $3;

-- name: add_step
-- $1 circle, $2 patient, $3 now, $4 who, $5 acting, $6 structure, $7 step, $8 subject, $9 person,
-- $10 role, $11 access, $12 starts, $13 ends, $14 invitation, $15 channel, $16 said by, $17 said on,
-- $18 reason, $19 note.
INSERT INTO circle_step (circle, patient, at, by, acting, structure, step, subject, person, role,
  access, starts, ends, invitation, channel, said_by, said_on, reason, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: history
-- All that happened to the circles of a patient, the newest first. $1 patient, $2 most.
SELECT s.*, a.name, a.role AS as_what FROM circle_step s LEFT JOIN acting a ON a.id = s.acting
WHERE s.patient = $1 ORDER BY s.n DESC LIMIT $2;

-- name: waiting_for
-- Invitations that somebody has not answered: $1 themselves and their structure, $2 since when they
-- count.
SELECT s.*, a.name, a.role AS as_what FROM circle_step s LEFT JOIN acting a ON a.id = s.acting
WHERE s.person = ANY ($1::text[]) AND s.step = 'invited' AND s.at > $2
  AND NOT EXISTS (SELECT FROM circle_step r WHERE r.invitation = s.invitation
    AND r.step IN ('accepted', 'declined', 'withdrawn'))
ORDER BY s.n DESC LIMIT 100;

-- name: invitation
-- One invitation, and whether it was answered. $1 number.
SELECT s.*, a.name, a.role AS as_what, EXISTS (SELECT FROM circle_step r
  WHERE r.invitation = s.invitation AND r.step IN ('accepted', 'declined', 'withdrawn')) AS answered
FROM circle_step s LEFT JOIN acting a ON a.id = s.acting
WHERE s.invitation = $1 AND s.step = 'invited';
