-- name: trail
-- Lines between two moments, the newest first; the reading is traced. $1 and $2 moments, $3 number
-- before which, $4 number, $5 agent, $6 start of a name, $7 role, $8 practitioner, $9 patient (hash),
-- $10 type, $11 actions, $12 beginnings of the detail, $13 its end, $14 most, $15 who reads, $16 as what.
WITH page AS MATERIALIZED (
  SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.pats, a.detail, a.acting FROM audit a
  WHERE ($1::timestamptz IS NULL OR a.at >= $1) AND ($2::timestamptz IS NULL OR a.at < $2)
    AND ($3::int8 IS NULL OR a.n < $3) AND ($4::int8 IS NULL OR a.n = $4)
    AND ($5::text IS NULL OR a.actor = $5)
    AND ($9::int8 IS NULL OR a.pats @> ARRAY[$9])
    AND ($10::int2 IS NULL OR a.type = $10)
    AND ($11::text[] IS NULL OR a.action::text = ANY ($11))
    AND ($12::text[] IS NULL OR EXISTS (SELECT FROM unnest($12) b WHERE starts_with(a.detail, b)))
    AND ($13::text IS NULL OR right(a.detail, length($13)) = $13)
    AND ($6::text IS NULL AND $7::text IS NULL AND $8::text IS NULL OR a.acting IN (
      SELECT w.id FROM acting w
      WHERE ($6 IS NULL OR w.name ILIKE '%' || replace(replace($6, '\', '\\'), '%', '\%') || '%')
        AND ($7 IS NULL OR $7 IN (w.role, w.profession)) AND ($8 IS NULL OR w.practitioner = $8)))
  ORDER BY a.n DESC LIMIT $14
), traced AS (
  INSERT INTO audit (acting, actor, action, pats, detail)
  SELECT $16::int8, $15::text, 'R', coalesce((SELECT array_agg(DISTINCT p) FROM page, unnest(pats) p), '{}'),
    'trail read'
)
SELECT p.n, p.at, p.actor, p.action, p.type, p.detail, w.name, w.role, w.profession, w.structure,
  w.practitioner, w.situation, w.delegated_by, w.client, w.level,
  (SELECT array_agg(r.id ORDER BY r.id) FROM r_patient r
    WHERE r.type = 103 AND r.pat = ANY (p.pats)) AS patients
FROM page p LEFT JOIN acting w ON w.id = p.acting ORDER BY p.n DESC;

-- name: next_lines
-- Lines that were sealed, in their order, after one of them. $1 number, $2 most.
SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.detail, w.name, w.role, w.profession,
  w.structure, w.practitioner, w.situation, w.delegated_by, w.client, w.level,
  (SELECT array_agg(r.id ORDER BY r.id) FROM r_patient r
    WHERE r.type = 103 AND r.pat = ANY (a.pats)) AS patients
FROM audit a LEFT JOIN acting w ON w.id = a.acting
WHERE a.n > $1 AND a.n <= (SELECT coalesce(max(upto), 0) FROM audit_seal)
ORDER BY a.n LIMIT $2;
