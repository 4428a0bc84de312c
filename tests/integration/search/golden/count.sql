SELECT ((SELECT count(*)
FROM (SELECT
FROM sp_sort r
WHERE r.key = $1::int8 AND r.lab < 16384) c))
