WITH traced AS (INSERT INTO audit (actor, action, type, detail) VALUES ($1::text, 'E', 96, $2::text)) SELECT ((SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $3::int8 AND r.lab < 16384) c))
