-- name: patient
-- The Patient that is there now. $1 id.
SELECT rid, id, ver, upd, lab, method, dict, body, pat FROM r_patient
WHERE type = 103 AND id = $1 AND lab & 16384 = 0;

-- name: patients
-- Patients by id, as they are now. $1 ids.
SELECT rid, id, ver, upd, lab, method, dict, body, pat FROM r_patient
WHERE type = 103 AND id = ANY ($1::text[]) AND lab & 16384 = 0;

-- name: patients_by_row
-- Patients by row id, as they are now. $1 row ids.
SELECT rid, id, ver, upd, lab, method, dict, body, pat FROM r_patient
WHERE type = 103 AND rid = ANY ($1::int8[]);

-- name: candidates
-- Every Patient who may be the one asked: born on one of these days (rows of the write itself),
-- with one of these identifiers, or under one of the keys that follow the journal.
-- $1 number of birthdate, $2 starts of the days, $3 keys of identifiers, $4 keys of files, $5 most,
-- $6 hidden labels.
WITH near AS (
  (SELECT x.rid FROM sp_date x WHERE x.param = $1::int4 AND x.lo = ANY ($2::timestamptz[]) LIMIT $5)
  UNION
  (SELECT r.rid FROM r_patient r WHERE r.type = 103 AND r.idx && $3::int8[] LIMIT $5)
  UNION
  (SELECT k.rid FROM identity_key k WHERE k.key = ANY ($4::int8[]) LIMIT $5)
)
SELECT r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body, r.pat
FROM near n CROSS JOIN LATERAL (
  SELECT * FROM r_patient p WHERE p.type = 103 AND p.rid = n.rid OFFSET 0) r
WHERE r.lab & (16384 | $6::int2) = 0;

-- name: note_search
-- That somebody searched. $1 actor, $2 keys of what was asked.
INSERT INTO identity_search (actor, key) SELECT $1, unnest($2::int8[]);

-- name: has_searched
-- Whether somebody searched for one of these a short time ago. $1 actor, $2 keys, $3 since.
SELECT EXISTS (
  SELECT FROM identity_search WHERE actor = $1 AND key = ANY ($2::int8[]) AND at > $3);

-- name: was_found
-- Whether a search showed this file to somebody lately. $1 actor, $2 hash of the patient, $3 since.
SELECT EXISTS (SELECT FROM audit a WHERE a.pats @> ARRAY[$2::int8] AND a.actor = $1
  AND a.at > $3 AND starts_with(a.detail, 'identity search'));

-- name: forget_searches
-- $1 before.
DELETE FROM identity_search WHERE at < $1;

-- name: progress
-- How far the journal was followed, for one follower at a time.
SELECT n FROM identity_progress FOR UPDATE SKIP LOCKED;

-- name: published
-- Patients written in a part of the journal, and its last number. $1 after, $2 length.
SELECT coalesce(max(n), 0) AS last,
  coalesce(array_agg(DISTINCT rid) FILTER (WHERE type = 103), '{}') AS rids
FROM journal_pub WHERE n > $1 AND n <= $1 + $2;

-- name: advance
UPDATE identity_progress SET n = $1;

-- name: forget_keys
DELETE FROM identity_key WHERE rid = ANY ($1::int8[]);

-- name: keep_keys
-- $1 keys, $2 row ids.
INSERT INTO identity_key (key, rid) SELECT * FROM unnest($1::int8[], $2::int8[])
ON CONFLICT DO NOTHING;

-- name: keep_files
-- State of files as they are now; `since` moves with the status only.
INSERT INTO identity_file AS f (rid, id, ver, status, attributes, structure, since, active)
SELECT rid, id, ver, status, string_to_array(attributes, ' '), structure, since, active
FROM unnest($1::int8[], $2::text[], $3::int4[], $4::text[], $5::text[], $6::text[],
  $7::timestamptz[], $8::bool[]) x(rid, id, ver, status, attributes, structure, since, active)
ON CONFLICT (rid) DO UPDATE SET id = excluded.id, ver = excluded.ver, status = excluded.status,
  attributes = excluded.attributes, structure = excluded.structure, active = excluded.active,
  since = CASE WHEN f.status = excluded.status THEN f.since ELSE excluded.since END;

-- name: neighbours
-- Files that share a key with these, where few share it. $1 row ids, $2 most that share a key.
SELECT DISTINCT mine.rid, other.rid AS other FROM identity_key mine
JOIN identity_key other ON other.key = mine.key AND other.rid <> mine.rid
WHERE mine.rid = ANY ($1::int8[]) AND (
  SELECT count(*) FROM (SELECT FROM identity_key c WHERE c.key = mine.key LIMIT $2 + 1) s) <= $2;

-- name: are_one
-- Pairs that were told apart, or are one already, as first and second. $1 first, $2 second.
SELECT p.first, p.second FROM unnest($1::text[], $2::text[]) p(first, second)
WHERE EXISTS (SELECT FROM identity_task t WHERE t.kind = 'duplicate'
    AND t.first = p.first AND t.second = p.second)
  OR EXISTS (SELECT FROM identity_fusion f JOIN identity_verdict v ON v.fusion = f.n AND v.accepted
    LEFT JOIN identity_undone u ON u.fusion = f.n WHERE u.fusion IS NULL
    AND ((f.kept = p.first AND f.gone = p.second) OR (f.kept = p.second AND f.gone = p.first)));

-- name: add_task
-- A task; its number, none when the pair has one. $1 kind, $2 first, $3 second, $4 score,
-- $5 reasons, $6 due.
INSERT INTO identity_task (kind, first, second, score, reasons, due)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (first, second) WHERE kind = 'duplicate' DO NOTHING RETURNING n;

-- name: task_of
SELECT n FROM identity_task WHERE kind = 'duplicate' AND first = $1 AND second = $2;

-- name: end_task
-- $1 task, $2 who, $3 outcome, $4 note.
INSERT INTO identity_task_end (task, by, outcome, note) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- name: open_tasks
-- What the cell has to do, what is due first. $1 kind, empty for all, $2 most.
SELECT t.*, count(*) OVER () AS total FROM identity_task t
WHERE NOT EXISTS (SELECT FROM identity_task_end e WHERE e.task = t.n)
  AND ($1 = '' OR t.kind = $1)
ORDER BY t.due, t.score DESC, t.n LIMIT $2;

-- name: task
SELECT t.*, e.at AS ended, e.by AS ended_by, e.outcome, e.note FROM identity_task t
LEFT JOIN identity_task_end e ON e.task = t.n WHERE t.n = $1;

-- name: has_task
-- Whether a task of this kind is open about a file. $1 kind, $2 file.
SELECT EXISTS (SELECT FROM identity_task t WHERE t.kind = $1 AND t.first = $2
  AND NOT EXISTS (SELECT FROM identity_task_end e WHERE e.task = t.n));

-- name: step
-- $1 patient, $2 before, $3 after, $4 how, $5 note, $6 who.
INSERT INTO identity_step (patient, before, after, how, note, by)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: steps
SELECT * FROM identity_step WHERE patient = $1 ORDER BY n DESC LIMIT 100;

-- name: prove
-- $1 patient, $2 kind, $3 day, $4 who, $5 situation, $6 parent's document, $7 photo, $8 purge.
INSERT INTO identity_proof
  (patient, kind, checked_on, checked_by, situation, parent_document, has_vitale_photo, purge_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING n;

-- name: proofs
-- Documents that were seen for a file, and whether their picture is still kept. $1 patient.
SELECT p.*, s.proof IS NOT NULL AS has_scan FROM identity_proof p
LEFT JOIN identity_scan s ON s.proof = p.n WHERE p.patient = $1 ORDER BY p.n DESC LIMIT 50;

-- name: keep_scan
-- $1 proof, $2 purge, $3 media type, $4 number of the data key, $5 sealed content.
INSERT INTO identity_scan (proof, purge_on, media, dict, content) VALUES ($1, $2, $3, $4, $5);

-- name: ask_insi
-- A call to make; none when one waits already. $1 patient, $2 who asks, $3 when.
INSERT INTO identity_call (patient, asked_by, next_at) VALUES ($1, $2, $3)
ON CONFLICT (patient) WHERE done_at IS NULL DO NOTHING RETURNING n;

-- name: due_calls
-- Calls that are due, for one worker. $1 moment, $2 most.
SELECT n, patient, asked_by, tries FROM identity_call WHERE done_at IS NULL AND next_at <= $1
ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED;

-- name: lease_call
-- $1 call, $2 until when it is somebody's.
UPDATE identity_call SET next_at = $2 WHERE n = $1;

-- name: call_ends
-- $1 call, $2 outcome, $3 sentence.
UPDATE identity_call SET done_at = clock_timestamp(), tries = tries + 1, outcome = $2, sentence = $3
WHERE n = $1;

-- name: call_waits
-- $1 call, $2 when again, $3 sentence.
UPDATE identity_call SET next_at = $2, tries = tries + 1, sentence = $3 WHERE n = $1;

-- name: calls
SELECT * FROM identity_call WHERE patient = $1 ORDER BY n DESC LIMIT 20;

-- name: stale_files
-- Files with an INS since before a moment, that the INSi was not asked about since, and about which
-- it is not asked just now. $1 before, $2 most.
SELECT f.id FROM identity_file f
WHERE f.active AND f.status IN ('RECUP', 'QUAL') AND f.since <= $1
  AND NOT EXISTS (SELECT FROM identity_call c
    WHERE c.patient = f.id AND (c.at > $1 OR c.done_at IS NULL))
ORDER BY f.since LIMIT $2;

-- name: propose_fusion
-- $1 kept, $2 gone, $3 task, $4 motive, $5 who.
INSERT INTO identity_fusion (kept, gone, task, motive, proposed_by)
VALUES ($1, $2, $3, $4, $5) RETURNING n;

-- name: fusion
-- One proposal and what became of it. $1 number.
SELECT f.*, v.at AS decided_at, v.decided_by, v.accepted, v.note, u.at AS undone_at,
  u.by AS undone_by, u.motive AS undone_motive,
  (SELECT count(*) FROM identity_moved m WHERE m.fusion = f.n) AS moved
FROM identity_fusion f LEFT JOIN identity_verdict v ON v.fusion = f.n
LEFT JOIN identity_undone u ON u.fusion = f.n WHERE f.n = $1;

-- name: fusions
-- Proposals that wait, then those that can still be undone. $1 since, $2 most.
SELECT f.*, v.at AS decided_at, v.decided_by, v.accepted, u.at AS undone_at
FROM identity_fusion f LEFT JOIN identity_verdict v ON v.fusion = f.n
LEFT JOIN identity_undone u ON u.fusion = f.n
WHERE v.fusion IS NULL OR (v.accepted AND v.at > $1)
ORDER BY v.at DESC NULLS FIRST, f.n DESC LIMIT $2;

-- name: open_fusion
-- A proposal about one of these files that nobody has decided. $1 patients.
SELECT f.n FROM identity_fusion f WHERE (f.kept = ANY ($1) OR f.gone = ANY ($1))
  AND NOT EXISTS (SELECT FROM identity_verdict v WHERE v.fusion = f.n) ORDER BY f.n DESC LIMIT 1;

-- name: fusion_of
-- The fusion that holds now by which a file went into another. $1 gone.
SELECT f.n, f.kept FROM identity_fusion f JOIN identity_verdict v ON v.fusion = f.n AND v.accepted
WHERE f.gone = $1 AND NOT EXISTS (SELECT FROM identity_undone u WHERE u.fusion = f.n)
ORDER BY f.n DESC LIMIT 1;

-- name: decide_fusion
-- $1 fusion, $2 who, $3 accepted, $4 note.
INSERT INTO identity_verdict (fusion, proposed_by, decided_by, accepted, note)
SELECT n, proposed_by, $2, $3, $4 FROM identity_fusion WHERE n = $1 RETURNING fusion;

-- name: undo_fusion
INSERT INTO identity_undone (fusion, by, motive) VALUES ($1, $2, $3);

-- name: keep_moved
-- $1 fusion, $2 types, $3 ids, $4 versions after the move.
INSERT INTO identity_moved (fusion, type, id, ver)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int4[])
ON CONFLICT (fusion, type, id) DO UPDATE SET ver = excluded.ver;

-- name: join_files
-- $1 pat of the file that goes, $2 its id, $3 the file that stays, $4 fusion.
INSERT INTO identity_joined (pat, gone, kept, fusion) VALUES ($1, $2, $3, $4);

-- name: part_files
DELETE FROM identity_joined WHERE fusion = $1;

-- name: late
-- What was written to files that had gone into another, in a part of the journal. $1 after, $2 upto.
SELECT DISTINCT i.fusion, i.gone, i.kept, j.type, r.id FROM identity_joined i
JOIN journal_pub j ON j.pat = i.pat AND j.n > $1 AND j.n <= $2 AND j.type <> 103
JOIN resource r ON r.type = j.type AND r.rid = j.rid AND r.pat = i.pat AND r.lab & 16384 = 0
ORDER BY i.fusion;

-- name: moved
SELECT type, id, ver FROM identity_moved WHERE fusion = $1 ORDER BY type, id;

-- name: referring
-- Resources of a patient, and all others that refer to them. $1 patient, $2 keys of the references.
SELECT r.type, r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM resource r
WHERE r.pat = $1 AND r.type <> 103 AND r.lab & 16384 = 0
UNION
SELECT r.type, r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM resource r
WHERE r.idx && $2::int8[] AND r.type <> 103 AND r.lab & 16384 = 0
ORDER BY 1, 2;

-- name: current
-- Resources as they are now. $1 types, $2 ids.
SELECT r.type, r.rid, r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body
FROM unnest($1::int2[], $2::text[]) n(type, id) CROSS JOIN LATERAL (
  SELECT * FROM resource r WHERE r.type = n.type AND r.id = n.id OFFSET 0) r
WHERE r.lab & 16384 = 0;

-- name: former
-- One former version. $1 row id, $2 version.
SELECT type, ver, upd, lab, method, dict, body FROM history WHERE rid = $1 AND ver = $2;

-- name: open_collision
-- $1 patient, $2 since, $3 motive, $4 who.
INSERT INTO identity_collision (patient, since, motive, opened_by)
VALUES ($1, $2, $3, $4) RETURNING n;

-- name: freeze
INSERT INTO identity_frozen (pat, collision) VALUES ($1, $2);

-- name: thaw
DELETE FROM identity_frozen WHERE collision = $1;

-- name: collision
SELECT c.*, e.at AS ended, e.by AS ended_by, e.note FROM identity_collision c
LEFT JOIN identity_collision_end e ON e.collision = c.n WHERE c.n = $1;

-- name: collisions
-- Those that are open, then those that ended last. $1 most.
SELECT c.*, e.at AS ended FROM identity_collision c
LEFT JOIN identity_collision_end e ON e.collision = c.n
ORDER BY e.at DESC NULLS FIRST, c.n DESC LIMIT $1;

-- name: frozen_by
-- The collision for which a file is frozen. $1 patient.
SELECT c.n FROM identity_collision c JOIN identity_frozen f ON f.collision = c.n
WHERE c.patient = $1;

-- name: split
INSERT INTO identity_split (collision, resource, target, by) VALUES ($1, $2, $3, $4);

-- name: splits
SELECT * FROM identity_split WHERE collision = $1 ORDER BY at;

-- name: close_collision
INSERT INTO identity_collision_end (collision, by, note) VALUES ($1, $2, $3);

-- name: events
-- What a file holds, the newest first. $1 patient, $2 most.
SELECT r.type, r.rid, r.id, r.ver, r.upd, r.sd, r.lab, r.method, r.dict, r.body FROM resource r
WHERE r.pat = $1 AND r.type <> 103 AND r.lab & 16384 = 0 ORDER BY r.sd DESC LIMIT $2;

-- name: readers
-- Who read a file since a moment, from the trail; not who saw its traits alone. $1 patient, $2 since, $3 until.
SELECT actor, count(*) AS times, min(at) AS first, max(at) AS last FROM audit
WHERE pats @> ARRAY[$1::int8] AND at >= $2 AND at <= $3 AND action IN ('R', 'E')
  AND NOT starts_with(detail, 'identity ')
GROUP BY actor ORDER BY max(at) DESC;

-- name: count_month
-- Figures of the month so far, by structure, kept over what they were; light files do not count (B7.8). $1 month, $2 old from.
INSERT INTO identity_month AS m
  (month, structure, files, qualified, provisional_old, duplicates, collisions)
SELECT $1::date, f.structure, count(*), count(*) FILTER (WHERE f.status = 'QUAL'),
  count(*) FILTER (WHERE f.status = 'PROV' AND f.since < $2),
  count(*) FILTER (WHERE EXISTS (SELECT FROM identity_task t WHERE t.kind = 'duplicate'
    AND (t.first = f.id OR t.second = f.id)
    AND NOT EXISTS (SELECT FROM identity_task_end e WHERE e.task = t.n))),
  count(*) FILTER (WHERE EXISTS (SELECT FROM identity_collision c WHERE c.patient = f.id
    AND c.at >= $1::date AND c.at < $1::date + interval '1 month'))
FROM identity_file f WHERE f.active AND NOT f.attributes @> ARRAY['leger'] GROUP BY f.structure
ON CONFLICT (month, structure) DO UPDATE SET files = excluded.files,
  qualified = excluded.qualified, provisional_old = excluded.provisional_old,
  duplicates = excluded.duplicates, collisions = excluded.collisions;

-- name: months
SELECT * FROM identity_month ORDER BY month DESC, files DESC, structure LIMIT 2000;

-- name: structure_names
SELECT id, ver, upd, lab, method, dict, body FROM r_organization WHERE type = 100 AND id = ANY ($1) AND lab & 16384 = 0;
