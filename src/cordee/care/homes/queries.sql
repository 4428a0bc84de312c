-- name: declare
-- Whether the outbreak is new.
INSERT INTO outbreak (id, home, home_name, cause, signs, began, residents, declared, declared_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: outbreaks
-- Those of a home, or of all where $1 is null; those that run first. At most $2.
SELECT id, home, home_name, cause, signs, began, residents, declared, ended FROM outbreak
WHERE $1::text IS NULL OR home = $1
ORDER BY ended IS NOT NULL, began DESC, id LIMIT $2;

-- name: outbreak
SELECT id, home, home_name, cause, signs, began, residents, declared, ended FROM outbreak
WHERE id = $1 AND ($2::text IS NULL OR home = $2);

-- name: days
-- The last count of each day.
SELECT DISTINCT ON (outbreak, day) outbreak, day, cases, hospitalised, deaths, staff, told
FROM outbreak_day WHERE outbreak = ANY($1::uuid[]) ORDER BY outbreak, day, n DESC;

-- name: tell_day
-- A count, while the outbreak runs; waits for who ends it at that moment.
INSERT INTO outbreak_day (outbreak, day, cases, hospitalised, deaths, staff, told, told_by)
SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM outbreak WHERE id = $1 AND ended IS NULL FOR SHARE
RETURNING n;

-- name: end_outbreak
UPDATE outbreak SET ended = $2, ended_by = $3 WHERE id = $1 AND ended IS NULL RETURNING id;

-- name: dui_counted
-- The homes that were counted on a day.
SELECT home FROM dui_count WHERE day = $1;

-- name: dui_count
-- A count of a home on a day; the first one stays.
INSERT INTO dui_count
  (home, day, home_name, head, head_name, category, total, active, rule, counted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING;

-- name: dui_groups
-- The counts of the last day on or before $2 that was counted, of a group, or of all where $1 is
-- null; at most $3.
SELECT home, day, home_name, head, head_name, category, total, active, rule, counted FROM dui_count
WHERE day = (SELECT max(day) FROM dui_count WHERE day <= $2) AND ($1::text IS NULL OR head = $1)
ORDER BY head_name, head, home_name, home LIMIT $3;
