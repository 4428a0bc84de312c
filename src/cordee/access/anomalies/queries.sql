-- name: rules
-- The last word of the DPO on each rule.
SELECT DISTINCT ON (rule) rule, most, is_on, at, by FROM anomaly_rule ORDER BY rule, n DESC;

-- name: history
-- All words of the DPO, the newest first. $1 most.
SELECT at, by, rule, most, is_on FROM anomaly_rule ORDER BY n DESC LIMIT $1;

-- name: say
-- $1 moment, $2 who, $3 rule, $4 more than how many, $5 on.
INSERT INTO anomaly_rule (at, by, rule, most, is_on) VALUES ($1, $2, $3, $4, $5);

-- name: openers
-- Who opened records between two moments, with the name that they bear. $1 from, $2 to.
SELECT DISTINCT a.actor, w.name FROM audit a JOIN acting w ON w.id = a.acting
WHERE a.at >= $1 AND a.at < $2 AND starts_with(a.detail, 'record open ')
  AND w.role NOT IN ('system', 'patient') AND w.practitioner LIKE 'Practitioner/%';

-- name: outside
-- Files of patients who live in another department than the structure that somebody acted for.
-- $1 from, $2 to, $3 more than, $4 and $5 numbers of the postal codes of patients and structures.
SELECT actor, count(*)::int4 AS count, (array_agg(n ORDER BY n))[1:20] AS lines FROM (
  SELECT DISTINCT ON (a.actor, a.pats[1]) a.actor, a.n FROM audit a
  JOIN acting w ON w.id = a.acting AND w.functions && ARRAY['regulation', 'emergency'] IS NOT TRUE
  JOIN r_organization o ON o.type = 100 AND 'Organization/' || o.id = w.structure
  JOIN sp_str h ON h.rid = o.rid AND h.param = $5::int4
  JOIN r_patient p ON p.type = 103 AND p.pat = a.pats[1]
  JOIN sp_str l ON l.rid = p.rid AND l.param = $4::int4
  WHERE a.at >= $1 AND a.at < $2 AND starts_with(a.detail, 'record open ')
    AND w.practitioner LIKE 'Practitioner/%' AND left(l.v, 2) <> left(h.v, 2)
    AND NOT EXISTS (SELECT FROM sp_str m
      WHERE m.rid = p.rid AND m.param = $4 AND left(m.v, 2) = left(h.v, 2))
) f GROUP BY actor HAVING count(*) > $3;

-- name: night
-- Files opened between 22 h and 6 h by who is neither at the emergencies nor at the regulation.
-- $1 from, $2 to, $3 more than.
SELECT actor, count(*)::int4 AS count, (array_agg(n ORDER BY n))[1:20] AS lines FROM (
  SELECT DISTINCT ON (a.actor, a.pats[1]) a.actor, a.n FROM audit a
  JOIN acting w ON w.id = a.acting
    AND w.functions && ARRAY['regulation', 'emergency'] IS NOT TRUE
  WHERE a.at >= $1 AND a.at < $2 AND starts_with(a.detail, 'record open ')
    AND w.practitioner LIKE 'Practitioner/%'
    AND extract(hour FROM a.at AT TIME ZONE 'Europe/Paris') NOT BETWEEN 6 AND 21
) f GROUP BY actor HAVING count(*) > $3;

-- name: family
-- Files of patients who bear the family name of who opened them. $1 from, $2 to, $3 more than,
-- $4 accounts, $5 their family names, folded, $6 number of the parameter `family`.
SELECT actor, count(*)::int4 AS count, (array_agg(n ORDER BY n))[1:20] AS lines FROM (
  SELECT DISTINCT ON (a.actor, a.pats[1]) a.actor, a.n FROM audit a
  JOIN unnest($4::text[], $5::text[]) u(agent, family) ON u.agent = a.actor
  JOIN r_patient p ON p.type = 103 AND p.pat = a.pats[1]
  JOIN sp_str s ON s.rid = p.rid AND s.param = $6::int4 AND s.v = u.family
  WHERE a.at >= $1 AND a.at < $2 AND starts_with(a.detail, 'record open ')
) f GROUP BY actor HAVING count(*) > $3;

-- name: vip
-- Files that are kept under an alias. $1 from, $2 to, $3 more than, $4 key of their label.
SELECT actor, count(*)::int4 AS count, (array_agg(n ORDER BY n))[1:20] AS lines FROM (
  SELECT DISTINCT ON (a.actor, a.pats[1]) a.actor, a.n FROM audit a
  JOIN acting w ON w.id = a.acting AND w.practitioner LIKE 'Practitioner/%'
  JOIN r_patient p ON p.type = 103 AND p.pat = a.pats[1] AND p.idx @> ARRAY[$4::int8]
  WHERE a.at >= $1 AND a.at < $2 AND starts_with(a.detail, 'record open ')
) f GROUP BY actor HAVING count(*) > $3;

-- name: searches
-- Identity searches after which none of the shown files was opened within the hour. $1 from, $2 to,
-- $3 more than.
SELECT a.actor, count(*)::int4 AS count, (array_agg(a.n ORDER BY a.n))[1:20] AS lines FROM audit a
WHERE a.at >= $1 AND a.at < $2 AND a.action = 'E' AND starts_with(a.detail, 'identity search')
  AND cardinality(a.pats) > 0 AND NOT EXISTS (
    SELECT FROM audit o WHERE o.pats && a.pats AND o.actor = a.actor AND o.n > a.n
      AND o.at < a.at + interval '1 hour' AND o.detail NOT LIKE 'identity %'
      AND o.detail NOT LIKE 'refused %')
GROUP BY a.actor HAVING count(*) > $3;

-- name: found
-- $1 rule, $2 who, $3 day, $4 count, $5 more than, $6 lines.
INSERT INTO anomaly (rule, agent, day, count, most, lines) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT ON CONSTRAINT anomaly_once DO NOTHING RETURNING n;

-- name: waiting
-- Alerts that nobody has looked at, the oldest first. $1 most.
SELECT a.*, NULL::timestamptz AS ended, '' AS by, NULL::bool AS founded, '' AS words FROM anomaly a
WHERE NOT EXISTS (SELECT FROM anomaly_end e WHERE e.anomaly = a.n) ORDER BY a.n LIMIT $1;

-- name: ended
-- Alerts that were looked at, the newest first. $1 most.
SELECT a.*, e.at AS ended, e.by, e.founded, e.words FROM anomaly_end e
JOIN anomaly a ON a.n = e.anomaly ORDER BY e.at DESC LIMIT $1;

-- name: end
-- $1 alert, $2 moment, $3 who, $4 founded, $5 words.
INSERT INTO anomaly_end (anomaly, at, by, founded, words)
SELECT n, $2, $3, $4, $5 FROM anomaly WHERE n = $1 RETURNING anomaly;
