-- name: actions
-- The actions of some CPTS: what runs or is prepared first, then the latest. At most $2.
SELECT id, cpts, version, theme, title, target, place, starts, ends, who, planned, reached, state, campaign
FROM prevention_action WHERE cpts = ANY ($1)
ORDER BY state IN ('done', 'dropped'), starts DESC, id LIMIT $2;

-- name: action
SELECT id, cpts, version, theme, title, target, place, starts, ends, who, planned, reached, state, campaign
FROM prevention_action WHERE id = $1;

-- name: add_action
INSERT INTO prevention_action (id, cpts, theme, title, target, place, starts, ends, who, planned,
  reached, state, changed, changed_by, campaign)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: change_action
-- A change of the version that was read.
UPDATE prevention_action SET version = version + 1, theme = $3, title = $4, target = $5, place = $6,
  starts = $7, ends = $8, who = $9, planned = $10, reached = $11, state = $12, changed = $13,
  changed_by = $14
WHERE id = $1 AND version = $2 RETURNING version;

-- name: days
-- The days of vaccination of some CPTS that begin after a moment, at most $3.
SELECT d.id, d.action, d.cpts, d.starts, d.minutes, d.rows, d.place, d.vaccinators, a.title
FROM prevention_day d JOIN prevention_action a ON a.id = d.action
WHERE d.cpts = ANY ($1) AND d.starts >= $2 ORDER BY d.starts, d.id LIMIT $3;

-- name: days_of_action
SELECT d.id, d.action, d.cpts, d.starts, d.minutes, d.rows, d.place, d.vaccinators, a.title
FROM prevention_day d JOIN prevention_action a ON a.id = d.action WHERE d.action = $1
ORDER BY d.starts, d.id LIMIT 100;

-- name: days_of_campaign
-- The days of the actions that take up a campaign, from a day on, at most $3.
SELECT d.id, d.action, d.cpts, d.starts, d.minutes, d.rows, d.place, d.vaccinators, a.title
FROM prevention_day d JOIN prevention_action a ON a.id = d.action
WHERE a.campaign = $1 AND d.starts >= $2 AND a.state <> 'dropped' ORDER BY d.starts, d.id LIMIT $3;

-- name: day
SELECT d.id, d.action, d.cpts, d.starts, d.minutes, d.rows, d.place, d.vaccinators, a.title
FROM prevention_day d JOIN prevention_action a ON a.id = d.action WHERE d.id = $1;

-- name: add_day
INSERT INTO prevention_day (id, action, cpts, starts, minutes, rows, place, vaccinators, opened, opened_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
