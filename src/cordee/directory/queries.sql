-- name: entries
-- What a source has given: its digest where it still counts.
SELECT type, id, digest, active, place FROM directory_entry WHERE source = $1;

-- name: elsewhere
SELECT type, id FROM directory_entry WHERE source <> $1 AND active;

-- name: keep
-- $1 source, then by position: types, ids, digests, numbers, places; $7 whether they are active.
INSERT INTO directory_entry (source, type, id, digest, number, place, active)
SELECT $1, n.type, n.id, n.digest, n.number, n.place, $7
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[])
  n(type, id, digest, number, place)
ON CONFLICT (source, type, id) DO UPDATE SET digest = excluded.digest, number = excluded.number,
  place = excluded.place, active = excluded.active;

-- name: places
SELECT type, id, place FROM directory_entry WHERE place <> '';

-- name: leave
-- What vanished of what stood here already: only the directory's own note of it ends.
UPDATE directory_entry SET active = false
WHERE source = $1 AND place <> '' AND active AND type || '/' || id = ANY ($2::text[]);

-- name: unlisted
-- Accounts that may enter under a number of the RPPS that the directory does not hold, or no more;
-- none where no directory was taken in.
SELECT a.login, a.name, a.rpps FROM account a
WHERE a.rpps IS NOT NULL AND a.status = 'active'
  AND EXISTS (SELECT FROM directory_entry WHERE source = 'rpps')
  AND NOT EXISTS (SELECT FROM directory_entry d
    WHERE d.number = a.rpps AND d.type = 'Practitioner' AND d.active)
ORDER BY a.login;
