-- name: entry_of
-- What came in under a number.
SELECT document, patient, digest FROM document_entry WHERE unique_id = $1;

-- name: entries_of
-- Documents of a patient that came in under these numbers and are in use. $1 patient, $2 numbers.
SELECT e.unique_id, e.document FROM document_entry e WHERE e.patient = $1
  AND e.unique_id = ANY ($2::text[])
  AND NOT EXISTS (SELECT FROM document_step s WHERE s.document = e.document);

-- name: enter
-- $1 number, $2 document, $3 patient, $4 now, $5 who, $6 acting, $7 structure, $8 door, $9 type,
-- $10 status of the identity, $11 digest.
INSERT INTO document_entry
  (unique_id, document, patient, at, by, acting, structure, door, type, identity, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING document;

-- name: step
-- $1 document, $2 now, $3 who, $4 acting, $5 step, $6 other document, $7 reason. No row: it was
-- done before.
INSERT INTO document_step (document, at, by, acting, step, other, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING n;

-- name: last_step
-- What became of a document, the newest first. $1 document, $2 patient.
SELECT s.at, s.by, s.step, s.other, s.reason FROM document_step s
JOIN document_entry e ON e.document = s.document
WHERE s.document = $1 AND e.patient = $2 ORDER BY s.n DESC LIMIT 1;

-- name: order_deposit
-- $1 number, $2 document, $3 patient, $4 act, $5 number that it replaces, $6 type, $7 structure,
-- $8 now, $9 who, $10 acting. No row: this act was ordered before.
INSERT INTO dmp_deposit
  (unique_id, document, patient, act, replaced, type, structure, asked, asked_by, acting, since, due)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8, $8) ON CONFLICT DO NOTHING RETURNING n;

-- name: is_ordered
-- Whether a document goes, or went, to the DMP: it is there, or on its way.
SELECT EXISTS (SELECT FROM dmp_deposit WHERE unique_id = $1 AND act <> 'withdraw'
  AND state IN ('waiting', 'refused', 'done'));

-- name: drop_unsent
-- Deposits of a document that nobody has begun to send, or that were refused, are not made any more.
-- $1 number, $2 now, $3 who, $4 code, $5 why.
UPDATE dmp_deposit SET state = 'given-up', code = $4, ended = $2, ended_by = $3, motive = $5
WHERE unique_id = $1 AND act <> 'withdraw'
  AND (state = 'refused' OR state = 'waiting' AND tries = 0) RETURNING act, replaced;

-- name: due_deposits
-- What is to be sent: oldest first, never before an earlier act on the same document or on the one
-- that it replaces has ended. A deposit refused for its identity goes once that is qualified.
-- $1 now, $2 how many.
SELECT d.* FROM dmp_deposit d WHERE (d.state = 'waiting' AND d.due <= $1
    OR d.state = 'refused' AND d.code = 'ins-not-qualified' AND (d.due <= $1
      OR EXISTS (SELECT FROM identity_step s WHERE s.patient = d.patient AND s.after = 'QUAL'
        AND s.at > (SELECT max(t.at) FROM dmp_try t WHERE t.deposit = d.n))))
  AND NOT EXISTS (SELECT FROM dmp_deposit e WHERE e.patient = d.patient AND e.n < d.n
    AND e.unique_id IN (d.unique_id, d.replaced) AND e.state IN ('waiting', 'refused'))
ORDER BY d.n LIMIT $2 FOR UPDATE SKIP LOCKED;

-- name: lease_deposit
-- $1 number, $2 when another may take it over, $3 now.
UPDATE dmp_deposit SET due = $2, state = 'waiting',
  since = CASE state WHEN 'refused' THEN $3 ELSE since END,
  tries = CASE state WHEN 'refused' THEN 1 ELSE tries + 1 END WHERE n = $1;

-- name: deposit_done
-- $1 number, $2 now, $3 id in the DMP.
UPDATE dmp_deposit SET state = 'done', code = '', sentence = '', ended = $2, ended_by = 'dmp',
  remote = $3 WHERE n = $1 AND state = 'waiting';

-- name: deposit_waits
-- $1 number, $2 when again, $3 code, $4 sentence.
UPDATE dmp_deposit SET due = $2, code = $3, sentence = $4 WHERE n = $1 AND state = 'waiting';

-- name: deposit_refused
-- $1 number, $2 when it is looked at again by itself, $3 code, $4 sentence.
UPDATE dmp_deposit SET state = 'refused', due = $2, code = $3, sentence = $4
WHERE n = $1 AND state = 'waiting';

-- name: try
-- $1 deposit, $2 who, $3 code, $4 sentence.
INSERT INTO dmp_try (deposit, by, code, sentence) VALUES ($1, $2, $3, $4);

-- name: try_again
-- $1 number, $2 structure, $3 now.
UPDATE dmp_deposit SET state = 'waiting', due = $3, since = $3, tries = 0
WHERE n = $1 AND structure = $2
  AND state IN ('waiting', 'refused') RETURNING n;

-- name: deposit_void
-- $1 number, $2 now, $3 code, $4 why.
UPDATE dmp_deposit SET state = 'given-up', code = $3, ended = $2, ended_by = 'dmp', motive = $4
WHERE n = $1 AND state = 'waiting';

-- name: give_up
-- $1 number, $2 structure, $3 now, $4 who, $5 motive.
UPDATE dmp_deposit SET state = 'given-up', ended = $3, ended_by = $4, motive = $5
WHERE n = $1 AND structure = $2 AND state IN ('waiting', 'refused') RETURNING n;

-- name: queue
-- Deposits of a structure: $1 structure, $2 states, $3 before this number or null, $4 how many.
SELECT d.*, (SELECT max(t.at) FROM dmp_try t WHERE t.deposit = d.n) AS tried FROM dmp_deposit d
WHERE d.structure = $1 AND d.state = ANY ($2::text[]) AND ($3::int8 IS NULL OR d.n < $3)
ORDER BY d.n DESC LIMIT $4;

-- name: queue_counts
-- How many deposits of a structure are in each state that waits for something.
SELECT state, count(*) FROM dmp_deposit WHERE structure = $1 AND state IN ('waiting', 'refused')
GROUP BY state;

-- name: deposit_states
-- How far the documents of a patient are with the DMP: the newest act on each.
SELECT DISTINCT ON (document) document, act, state, code FROM dmp_deposit WHERE patient = $1
ORDER BY document, n DESC;

-- name: opened
-- $1 now, $2 agent, $3 structure, $4 key of the patient, $5 document, $6 level, $7 digest of the
-- session: the provider that it came from.
INSERT INTO document_opening (at, agent, structure, patient, document, level, provider)
VALUES ($1, $2, $3, $4, $5, $6, coalesce((SELECT s.provider FROM session s WHERE s.id = $7), ''));
