-- name: activity
-- Stays, documents taken in, deposits in the DMP, documents opened and by how many, by structure.
-- $1 from, $2 to.
WITH stays AS (
  SELECT r.org, count(*) AS n FROM resource r WHERE r.type = 44 AND r.sd >= $1 AND r.sd < $2
    AND r.org IS NOT NULL AND r.lab & 16384 = 0 GROUP BY r.org
), taken AS (
  SELECT structure, count(*) AS n FROM document_entry WHERE at >= $1 AND at < $2 GROUP BY structure
), sent AS (
  SELECT structure, count(*) AS n FROM dmp_deposit WHERE state = 'done' AND act <> 'withdraw'
    AND ended >= $1 AND ended < $2 GROUP BY structure
), opened AS (
  SELECT structure, count(*) AS n, count(DISTINCT agent) AS people FROM document_opening
  WHERE at >= $1 AND at < $2 GROUP BY structure
)
SELECT o.id, o.ver, o.upd, o.lab, o.method, o.dict, o.body, coalesce(s.n, 0) AS stays,
  coalesce(t.n, 0) AS taken, coalesce(d.n, 0) AS sent, coalesce(p.n, 0) AS opened, coalesce(p.people, 0) AS people
FROM r_organization o LEFT JOIN stays s ON s.org = o.ent
LEFT JOIN taken t ON t.structure = 'Organization/' || o.id
LEFT JOIN sent d ON d.structure = 'Organization/' || o.id
LEFT JOIN opened p ON p.structure = 'Organization/' || o.id
WHERE o.type = 100 AND o.lab & 16384 = 0
  AND coalesce(s.n, t.n, d.n, p.n) IS NOT NULL
ORDER BY o.id;

-- name: refusals
-- Refusals by reason and structure: of the DMP, and of the decision of access. $1 from, $2 to.
SELECT d.structure, 'dmp' AS of, t.code, count(*) AS n FROM dmp_try t
JOIN dmp_deposit d ON d.n = t.deposit
WHERE t.at >= $1 AND t.at < $2
  AND t.code NOT IN ('done', 'again', 'given-up', 'withdrawn', 'unavailable', 'timed-out')
GROUP BY d.structure, t.code
UNION ALL
SELECT coalesce(c.structure, ''), 'access', split_part(a.detail, ' ', 2), count(*) FROM audit a
LEFT JOIN acting c ON c.id = a.acting
WHERE starts_with(a.detail, 'refused ') AND a.at >= $1 AND a.at < $2
GROUP BY 1, 3
ORDER BY 1, 2, 4 DESC, 3;

-- name: glasses
-- Broken glasses by structure and service. $1 from, $2 to.
SELECT structure, role, count(*) AS n FROM glass_grant WHERE opened >= $1 AND opened < $2
GROUP BY structure, role ORDER BY structure, role;

-- name: names
SELECT id, ver, upd, lab, method, dict, body FROM r_organization
WHERE type = 100 AND id = ANY ($1) AND lab & 16384 = 0;

-- name: usage
-- The figures that every region counts alike. $1 from, $2 now, $3 within how long a message is read.
WITH worked AS (
  SELECT count(DISTINCT c.practitioner) AS n FROM acting c WHERE c.practitioner LIKE 'Practitioner/%'
    AND c.id IN (SELECT a.acting FROM audit a WHERE a.at >= $1 AND a.at < $2 AND a.pats <> '{}')
), written AS (
  SELECT m.n, m.at, m.author, m.thread FROM message m WHERE m.at >= $1 AND m.at < $2
), readable AS (
  SELECT EXISTS (SELECT FROM receipt r WHERE r.message = w.n AND r.reader <> w.author
    AND r.read <= w.at + $3) AS is_read
  FROM written w WHERE w.at < $2::timestamptz - $3::interval
    AND 1 < (SELECT count(*) FROM thread_member t WHERE t.thread = w.thread)
)
SELECT (SELECT count(*) FROM active_circle WHERE ends > $2) AS files,
  (SELECT n FROM worked) AS professionals, (SELECT count(*) FROM written) AS messages,
  (SELECT count(*) FROM readable) AS readable,
  (SELECT count(*) FROM readable WHERE is_read) AS read;

-- name: usage_of_structures
-- Who worked and what was written, by structure. $1 from, $2 now.
WITH worked AS (
  SELECT c.structure, count(DISTINCT c.practitioner) AS n FROM acting c
  WHERE c.practitioner LIKE 'Practitioner/%' AND c.structure <> ''
    AND c.id IN (SELECT a.acting FROM audit a WHERE a.at >= $1 AND a.at < $2 AND a.pats <> '{}')
  GROUP BY c.structure
), written AS (
  SELECT c.structure, count(*) AS n FROM message m JOIN acting c ON c.id = m.acting
  WHERE m.at >= $1 AND m.at < $2 GROUP BY c.structure
)
SELECT coalesce(w.structure, m.structure) AS structure, coalesce(w.n, 0) AS professionals,
  coalesce(m.n, 0) AS messages
FROM worked w FULL JOIN written m ON m.structure = w.structure ORDER BY 1 LIMIT 500;
