-- name: entries
-- What a source has given: its digest where it still counts.
SELECT type, id, digest, active FROM directory_entry WHERE source = $1;

-- name: elsewhere
SELECT type, id FROM directory_entry WHERE source <> $1 AND active;

-- name: keep
-- $1 source, then by position: types, ids, digests, numbers, whether they are active.
INSERT INTO directory_entry (source, type, id, digest, number, active)
SELECT $1, n.type, n.id, n.digest, n.number, n.active
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::bool[])
  n(type, id, digest, number, active)
ON CONFLICT (source, type, id) DO UPDATE
SET digest = excluded.digest, number = excluded.number, active = excluded.active;

-- name: unlisted
-- Accounts that may enter under a number of the RPPS that the directory does not hold, or no more;
-- none where no directory was taken in.
SELECT a.login, a.name, a.rpps FROM account a
WHERE a.rpps IS NOT NULL AND a.status = 'active'
  AND EXISTS (SELECT FROM directory_entry WHERE source = 'rpps')
  AND NOT EXISTS (SELECT FROM directory_entry d
    WHERE d.number = a.rpps AND d.type = 'Practitioner' AND d.active)
ORDER BY a.login;
