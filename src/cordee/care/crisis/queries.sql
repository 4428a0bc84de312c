-- name: plan
-- The plan in force of a CPTS.
SELECT n, content::text, kept FROM crisis_plan WHERE cpts = $1 ORDER BY n DESC LIMIT 1;

-- name: keep_plan
INSERT INTO crisis_plan (cpts, content, kept, kept_by, follows)
VALUES ($1, $2::jsonb, $3, $4, $5) ON CONFLICT (cpts, follows) DO NOTHING RETURNING n;

-- name: open
-- Whether the cell is new: one of a kind runs at a time in a CPTS.
INSERT INTO crisis (id, cpts, cpts_name, kind, plan, opened, opened_by, opened_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id;

-- name: running
SELECT id FROM crisis WHERE cpts = $1 AND kind = $2 AND closed IS NULL;

-- name: cells
-- The cells of some CPTS, or of all where $1 is null; those that run first. At most $2.
SELECT c.id, c.cpts, c.cpts_name, c.kind, c.plan, p.content::text, c.opened, c.opened_name, c.closed,
  c.summary FROM crisis c JOIN crisis_plan p ON p.n = c.plan
WHERE $1::text[] IS NULL OR c.cpts = ANY ($1)
ORDER BY c.closed IS NOT NULL, c.opened DESC, c.id LIMIT $2;

-- name: cell
SELECT c.id, c.cpts, c.cpts_name, c.kind, c.plan, p.content::text, c.opened, c.opened_name, c.closed,
  c.summary FROM crisis c JOIN crisis_plan p ON p.n = c.plan WHERE c.id = $1;

-- name: entries
SELECT n, crisis, sort, key, content::text, told, told_name FROM crisis_entry
WHERE crisis = ANY ($1::uuid[]) ORDER BY n;

-- name: shared
-- What was shared of cells, the last of each day, the newest first; at most $1.
SELECT * FROM (
  SELECT DISTINCT ON (e.crisis, e.key) e.crisis, e.key, e.content::text, e.told, e.told_name,
    c.cpts_name, c.kind, c.opened, c.closed
  FROM crisis_entry e JOIN crisis c ON c.id = e.crisis WHERE e.sort = 'share'
  ORDER BY e.crisis, e.key, e.n DESC
) found ORDER BY key DESC, cpts_name, kind LIMIT $1;

-- name: tell
-- An entry that amends $4 (0 for the first), while the cell runs; waits for who closes it now.
INSERT INTO crisis_entry (crisis, sort, key, follows, content, told, told_by, told_name)
SELECT id, $2, $3, $4::int8, $5::jsonb, $6, $7, $8 FROM crisis
WHERE id = $1 AND closed IS NULL AND ($4::int8 = 0 OR EXISTS (
  SELECT FROM crisis_entry e WHERE e.n = $4::int8 AND e.crisis = $1 AND e.sort = $2 AND e.key = $3))
FOR SHARE
ON CONFLICT (crisis, sort, key, follows) DO NOTHING RETURNING n;

-- name: close
UPDATE crisis SET closed = $2, closed_by = $3, summary = $4 WHERE id = $1 AND closed IS NULL
RETURNING id;
