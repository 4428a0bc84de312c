-- name: to_propose
-- Requests that are being proposed and that nobody is asked about now.
SELECT t.task FROM workflow_task t
WHERE t.machine = 'attending-request' AND t.state = 'proposed' AND NOT EXISTS (
  SELECT FROM workflow_task o WHERE o.grp = t.task AND o.machine = 'attending-offer'
  AND (NOT o.is_over OR o.state = 'seen'))
ORDER BY t.since LIMIT 50;

-- name: accepted
-- Requests that a member has accepted, and which.
SELECT t.task, o.owner FROM workflow_task t
JOIN workflow_task o ON o.grp = t.task AND o.machine = 'attending-offer'
WHERE t.machine = 'attending-request' AND t.state = 'proposed' AND o.state IN ('accepted', 'seen')
LIMIT 50;

-- name: orphans
-- Offers of requests that ended without them.
SELECT o.task FROM workflow_task o JOIN workflow_task t ON o.grp = t.task
WHERE o.machine = 'attending-offer' AND NOT o.is_over AND t.machine = 'attending-request'
  AND t.is_over AND t.state <> 'found' LIMIT 50;

-- name: asked
-- Who was asked about a request since it is being proposed.
SELECT o.owner FROM workflow_task o JOIN workflow_task t ON o.grp = t.task
WHERE t.task = $1 AND o.machine = 'attending-offer' AND o.begun >= t.since;

-- name: turns
-- When each member was last asked, how often, and what came of it, for a CPTS.
SELECT owner, max(begun) AS last, count(*) AS asked,
  count(*) FILTER (WHERE state IN ('accepted', 'seen')) AS accepted,
  count(*) FILTER (WHERE state = 'declined') AS declined,
  count(*) FILTER (WHERE state = 'expired') AS silent
FROM workflow_task WHERE machine = 'attending-offer' AND requester = $1 GROUP BY owner;

-- name: offers
-- Of requests: how many members were asked, and who is now.
SELECT grp, count(*) AS asked, max(owner) FILTER (WHERE NOT is_over) AS present
FROM workflow_task WHERE grp = ANY ($1::text[]) AND machine = 'attending-offer' GROUP BY grp;

-- name: counts
-- How many requests each CPTS has, by whether they are over and how.
SELECT owner, count(*) FILTER (WHERE NOT is_over) AS waiting,
  count(*) FILTER (WHERE state = 'found') AS found
FROM workflow_task WHERE machine = 'attending-request' GROUP BY owner;

-- name: figures
-- The searches of a CPTS since a moment: how many, how they stand, and how long the found ones took.
SELECT count(*) AS asked, count(*) FILTER (WHERE NOT is_over) AS waiting,
  count(*) FILTER (WHERE state = 'found') AS found,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM since - begun))
    FILTER (WHERE state = 'found') AS median
FROM workflow_task WHERE machine = 'attending-request' AND owner = $1 AND begun >= $2;

-- name: searches
-- The searches for a physician that a CPTS received in a period, by how they stand; how long the found ones took.
SELECT count(*) FILTER (WHERE NOT is_over) AS waiting,
  count(*) FILTER (WHERE state = 'found') AS found,
  count(*) FILTER (WHERE is_over AND state <> 'found') AS otherwise,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM since - begun))
    FILTER (WHERE state = 'found') AS median
FROM workflow_task WHERE machine = 'attending-request' AND owner = $1 AND begun >= $2 AND begun < $3;

-- name: boards
-- What a CPTS did in a period beside care, in numbers: $4 and $5 are its first day and the day after.
SELECT
  (SELECT count(*) FROM crisis WHERE cpts = $1 AND opened >= $2 AND opened < $3) AS crises,
  (SELECT count(DISTINCT (e.crisis, e.key)) FROM crisis_entry e JOIN crisis c ON c.id = e.crisis
   WHERE c.cpts = $1 AND e.sort = 'share' AND e.told >= $2 AND e.told < $3) AS shared_days,
  (SELECT count(*) FROM prevention_action WHERE cpts = $1 AND starts < $5 AND ends >= $4
   AND state <> 'dropped') AS actions,
  (SELECT coalesce(sum(planned), 0) FROM prevention_action WHERE cpts = $1 AND starts >= $4
   AND starts < $5 AND state = 'done') AS planned,
  (SELECT coalesce(sum(reached), 0) FROM prevention_action WHERE cpts = $1 AND starts >= $4
   AND starts < $5 AND state = 'done') AS reached,
  (SELECT count(*) FROM prevention_day WHERE cpts = $1 AND starts >= $2 AND starts < $3) AS days,
  (SELECT coalesce(sum(rows * cardinality(vaccinators)), 0) FROM prevention_day
   WHERE cpts = $1 AND starts >= $2 AND starts < $3) AS places,
  (SELECT count(*) FROM cpts_offer WHERE cpts = $1 AND posted >= $2 AND posted < $3) AS offers,
  (SELECT count(*) FROM cpts_offer WHERE cpts = $1 AND outcome = 'filled' AND closed >= $2
   AND closed < $3) AS filled,
  (SELECT count(*) FROM cpts_training WHERE cpts = $1 AND starts >= $2 AND starts < $3
   AND cancelled IS NULL) AS trainings,
  (SELECT count(*) FROM cpts_training_seat s JOIN cpts_training t ON t.id = s.training
   WHERE t.cpts = $1 AND t.starts >= $2 AND t.starts < $3 AND t.cancelled IS NULL) AS registered;
