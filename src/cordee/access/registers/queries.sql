-- name: propose
-- A change of the matrix; its number. $1 effective, $2 who, $3 role, $4 motive, $5 cells.
INSERT INTO matrix_proposal (effective, proposed_by, proposed_role, motive, cells)
VALUES ($1, $2, $3, $4, $5::jsonb) RETURNING n;

-- name: decide_proposal
-- The other person's word on a proposal. $1 number, $2 who, $3 role, $4 accepted, $5 moment.
INSERT INTO matrix_verdict
  (n, at, effective, proposed_by, proposed_role, decided_by, decided_role, accepted)
SELECT n, $5, effective, proposed_by, proposed_role, $2, $3, $4 FROM matrix_proposal WHERE n = $1
RETURNING n;

-- name: proposals
-- All proposals and what became of them, the newest first.
SELECT p.n, p.at, p.effective, p.proposed_by, p.proposed_role, p.motive, p.cells::text AS cells,
  v.at AS decided_at, v.decided_by, v.decided_role, v.accepted
FROM matrix_proposal p LEFT JOIN matrix_verdict v USING (n) ORDER BY p.n DESC;

-- name: accepted_changes
-- Accepted changes in the order in which they were accepted.
SELECT p.n, p.effective, p.cells::text AS cells
FROM matrix_proposal p JOIN matrix_verdict v USING (n) WHERE v.accepted ORDER BY v.at, p.n;

-- name: say_consent
-- Keeps a word and, in the same statement, whom it closes the circle to. $1 patient, $2 what,
-- $3 target, $4 holds, $5 who said it, $6 source, $7 moment, $8 hashes of who is kept out, $9 hash of
-- the patient, $10 hash of the tie that keeps them in all the same.
WITH opened AS (
  DELETE FROM closed_circle WHERE actor = ANY ($8::int8[]) AND pat = $9::int8 AND NOT $4
), closed AS (
  INSERT INTO closed_circle (actor, pat, attending) SELECT a, $9, $10::int8 FROM unnest($8) a
  WHERE $4 ON CONFLICT DO NOTHING
), hidden AS (
  DELETE FROM shown_to_attending WHERE pat = $9 AND $2 = 'attending-sees-masked' AND NOT $4
), shown AS (
  INSERT INTO shown_to_attending (pat) SELECT $9 WHERE $2 = 'attending-sees-masked' AND $4
  ON CONFLICT DO NOTHING
)
INSERT INTO consent_statement (patient, what, target, holds, said_by, source, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: consent_at
-- What held of a patient's word at a moment. $1 patient, $2 moment.
SELECT what, target FROM (
  SELECT DISTINCT ON (what, target) what, target, holds FROM consent_statement
  WHERE patient = $1 AND at <= $2 ORDER BY what, target, n DESC
) said WHERE holds;

-- name: say_visibility
-- $1 patient, $2 resource, $3 what, $4 holds, $5 until, $6 who said it, $7 moment.
INSERT INTO visibility_statement (patient, resource, what, holds, until, said_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: visibility_at
-- What held of one resource at a moment. $1 resource, $2 moment.
SELECT what, until FROM (
  SELECT DISTINCT ON (what) what, until, holds FROM visibility_statement
  WHERE resource = $1 AND at <= $2 ORDER BY what, n DESC
) said WHERE holds;

-- name: break_glass
-- A grant with the tie that opens the record, traced with its patient; its id. $1 opened, $2 ends,
-- $3 agent, $4 practitioner, $5 structure, $6 role, $7 patient, $8 category, $9 motive, $10 id,
-- $11 hash of the grant, $12 hash of the patient, $13 as what the agent acts.
WITH given AS (
  INSERT INTO glass_grant
    (id, opened, ends, agent, practitioner, structure, role, patient, category, motive)
  SELECT $10, $1, $2, $3, $4, $5, $6, $7, $8, $9
  WHERE NOT coalesce((SELECT holds FROM consent_statement
    WHERE patient = $7 AND what = 'emergency-opposed' AND at <= $1 ORDER BY n DESC LIMIT 1), false)
    AND NOT EXISTS (SELECT FROM closed_circle WHERE actor = -1 AND pat = $12)
  RETURNING id, agent
), tied AS (
  INSERT INTO care_circle (actor, pat, rid) SELECT $11, $12, 0 FROM given
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $13::int8, agent, 'C', 103, ARRAY[$12::int8], 'glass ' || id FROM given
)
SELECT id FROM given;

-- name: live_glasses
-- Grants of an agent that open now: not ended, closed, refused by the DPO nor opposed since.
-- $1 agent, $2 moment.
SELECT g.id FROM glass_grant g
WHERE g.agent = $1 AND g.opened <= $2 AND g.ends > $2
  AND NOT EXISTS (SELECT FROM glass_closing c WHERE c.grant_id = g.id AND c.at <= $2)
  AND NOT EXISTS (
    SELECT FROM glass_review v WHERE v.grant_id = g.id AND NOT v.justified AND v.at <= $2)
  AND NOT coalesce((SELECT s.holds FROM consent_statement s
    WHERE s.patient = g.patient AND s.what = 'emergency-opposed' AND s.at <= $2
    ORDER BY s.n DESC LIMIT 1), false);

-- name: close_glass
-- $1 grant, $2 moment, $3 who.
INSERT INTO glass_closing (grant_id, at, closed_by) VALUES ($1, $2, $3);

-- name: review_glass
-- $1 grant, $2 moment, $3 who, $4 justified, $5 note.
INSERT INTO glass_review (grant_id, at, reviewed_by, justified, note) VALUES ($1, $2, $3, $4, $5);

-- name: glass
-- One grant with what became of it. $1 id.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified, v.note FROM glass_grant g
LEFT JOIN glass_closing c ON c.grant_id = g.id LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE g.id = $1;

-- name: glasses_of
-- Grants of an agent for a patient. $1 patient, $2 agent, $3 moment.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified FROM glass_grant g
LEFT JOIN glass_closing c ON c.grant_id = g.id LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE g.patient = $1 AND g.agent = $2 AND g.opened <= $3 AND g.ends > $3;

-- name: review_queue
-- Grants that nobody has reviewed, the oldest first. $1 most.
SELECT g.*, c.at AS closed, NULL::timestamptz AS reviewed, NULL::bool AS justified
FROM glass_grant g LEFT JOIN glass_closing c ON c.grant_id = g.id
WHERE NOT EXISTS (SELECT FROM glass_review v WHERE v.grant_id = g.id)
ORDER BY g.opened LIMIT $1;

-- name: say_situation
-- $1 practitioner, $2 structure, $3 role, $4 profession, $5 starts, $6 ends, $7 who, $8 moment.
INSERT INTO work_situation
  (practitioner, structure, role, profession, starts, ends, said_by, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: situations_at
-- Situations of a practitioner that run at a moment, as they were known then. $1, $2 moment.
SELECT structure, role, profession, starts, ends FROM (
  SELECT DISTINCT ON (structure, role) * FROM work_situation
  WHERE practitioner = $1 AND at <= $2 ORDER BY structure, role, n DESC
) said WHERE starts <= $2 AND (ends IS NULL OR ends > $2) ORDER BY structure, role;

-- name: ask_consultation
-- $1 id, $2 asked, $3 until when it may be answered, $4 agent, $5 practitioner, $6 structure,
-- $7 digest of the session, $8 patient.
INSERT INTO consultation_request
  (id, asked, ends, agent, practitioner, structure, session, patient)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: answer_consultation
-- The patient's answer; an agreement ties the professional to the record and is traced. $1 request,
-- $2 moment, $3 who, $4 accepted, $5 end of the access, $6 code, $7 hash of the consent, $8 as what
-- they act.
WITH given AS (
  INSERT INTO consultation_answer (request, at, said_by, accepted, ends, code)
  SELECT id, $2, $3, $4, $5, $6 FROM consultation_request WHERE id = $1 AND asked <= $2 AND ends > $2
  RETURNING request, accepted
), tied AS (
  INSERT INTO care_circle (actor, pat, rid)
  SELECT $7::int8, p.pat, -1 FROM given g
  JOIN consultation_request q ON q.id = g.request
  JOIN r_patient p ON p.type = 103 AND p.id = q.patient
  WHERE g.accepted
    AND NOT EXISTS (SELECT FROM closed_circle k WHERE k.actor = -1 AND k.pat = p.pat)
), traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $8::int8, $3, 'C', 103, ARRAY[p.pat],
    CASE WHEN g.accepted THEN 'consultation ' ELSE 'consultation refused ' END || q.id
  FROM given g JOIN consultation_request q ON q.id = g.request
  JOIN r_patient p ON p.type = 103 AND p.id = q.patient
)
SELECT request FROM given;

-- name: close_consultation
-- $1 request, $2 moment, $3 agent.
INSERT INTO consultation_closing (request, at, closed_by)
SELECT q.id, $2, $3 FROM consultation_request q JOIN consultation_answer a ON a.request = q.id
WHERE q.id = $1 AND q.agent = $3 AND a.accepted RETURNING request;

-- name: make_code
-- $1 patient, $2 digest, $3 made, $4 ends.
INSERT INTO consultation_code (patient, digest, made, ends) VALUES ($1, $2, $3, $4);

-- name: try_code
-- Counts a try; how many there were since. $1 moment, $2 agent, $3 patient, $4 since.
WITH tried AS (INSERT INTO consultation_try (at, agent, patient) VALUES ($1, $2, $3))
SELECT greatest(
  (SELECT count(*) FROM consultation_try WHERE agent = $2 AND at > $4),
  (SELECT count(*) FROM consultation_try WHERE patient = $3 AND at > $4));

-- name: known_code
-- The newest code of a patient, when it is this one and has not served. $1 patient, $2 digest,
-- $3 moment.
SELECT n FROM (
  SELECT n, digest FROM consultation_code WHERE patient = $1 AND made <= $3 AND ends > $3
  ORDER BY n DESC LIMIT 1
) c WHERE digest = $2;

-- name: live_consultations
-- Consents of an agent that open now: not ended, closed, nor their session. $1 agent, $2 moment.
SELECT q.id FROM consultation_request q JOIN consultation_answer a ON a.request = q.id
WHERE q.agent = $1 AND a.accepted AND q.asked > $2::timestamptz - interval '5 hours'
  AND a.at <= $2 AND a.ends > $2
  AND NOT EXISTS (SELECT FROM consultation_closing c WHERE c.request = q.id AND c.at <= $2)
  AND NOT EXISTS (SELECT FROM session s
    WHERE s.id = q.session AND (s.closed IS NOT NULL OR s.ends <= $2))
  AND NOT EXISTS (
    SELECT FROM closed_session d WHERE sha256(convert_to(d.id, 'UTF8')) = q.session);

-- name: waiting_consultations
-- Requests that a patient may answer now, the newest first. $1 patient, $2 moment.
SELECT q.*, NULL::bool AS accepted, NULL::timestamptz AS access_ends FROM consultation_request q
WHERE q.patient = $1 AND q.asked <= $2 AND q.ends > $2
  AND NOT EXISTS (SELECT FROM consultation_answer a WHERE a.request = q.id)
ORDER BY q.asked DESC;

-- name: last_consultation
-- The newest request of an agent about a patient, and what became of it. $1 agent, $2 patient.
SELECT q.*, a.accepted, least(a.ends, c.at) AS access_ends FROM consultation_request q
LEFT JOIN consultation_answer a ON a.request = q.id
LEFT JOIN consultation_closing c ON c.request = q.id
WHERE q.agent = $1 AND q.patient = $2 ORDER BY q.asked DESC LIMIT 1;

-- name: consultation_spans
-- From when to when consents of an agent open a patient's record at a moment. $1 agent, $2 patient,
-- $3 moment.
SELECT a.at AS start, least(a.ends, c.at, s.closed) AS ends
FROM consultation_request q JOIN consultation_answer a ON a.request = q.id
LEFT JOIN consultation_closing c ON c.request = q.id
LEFT JOIN session s ON s.id = q.session
WHERE q.agent = $1 AND q.patient = $2 AND a.accepted AND a.at <= $3 AND a.ends > $3
  AND NOT EXISTS (
    SELECT FROM closed_session d WHERE sha256(convert_to(d.id, 'UTF8')) = q.session AND d.at <= $3);

-- name: ties
-- What ties a person or their structure to a patient, closed or not, and since when. $1 patient,
-- $2 to $4 hashes as of the team, of the circle, as the médecin traitant, $5 types that say so.
SELECT kind, min(start) AS start FROM (
  SELECT CASE WHEN c.actor = ANY ($4::int8[]) THEN 'attending'
    WHEN c.actor = ANY ($3::int8[]) THEN 'circle' ELSE 'team' END AS kind,
    rid_moment(w.rid) AS start
  FROM r_patient p
  JOIN care_circle c ON c.pat IN (p.pat, ~p.pat) AND c.actor = ANY ($2::int8[] || $3 || $4)
  JOIN resource w ON w.type = ANY ($5::int2[]) AND w.rid = c.rid
  WHERE p.type = 103 AND p.id = $1 AND w.lab & 16384 = 0
) t GROUP BY kind ORDER BY kind;

-- name: found_by_identity
-- Whether somebody found a patient by an identity search shortly before a moment, or now. $1 agent,
-- $2 hash of the patient, $3 how shortly, $4 moment or null.
SELECT EXISTS (SELECT FROM audit a
  WHERE a.pats @> ARRAY[$2::int8] AND a.actor = $1 AND a.action = 'E'
    AND a.at > coalesce($4, now()) - $3::interval AND a.at <= coalesce($4, now())
    AND starts_with(a.detail, 'identity search'));

-- name: tie_versions
-- Versions that stood at a moment of what ties somebody to a patient, and since when their resources
-- are there. $1 patient, $2 types that say so, $3 moment.
SELECT r.type, r.id, rid_moment(r.rid) AS made, v.*
FROM r_patient p
JOIN resource r ON r.type = ANY ($2::int2[]) AND r.pat = p.pat
CROSS JOIN LATERAL (
  SELECT s.* FROM (
    SELECT r.ver, r.upd, r.lab, r.method, r.dict, r.body
    UNION ALL
    SELECT h.ver, h.upd, h.lab, h.method, h.dict, h.body FROM history h WHERE h.rid = r.rid
  ) s WHERE s.upd <= $3 ORDER BY s.ver DESC LIMIT 1
) v
WHERE p.type = 103 AND p.id = $1 AND v.lab & 16384 = 0;

-- name: one_resource
-- One resource of a patient, whatever its labels: for the decision, never to be shown. $1 type,
-- $2 id, $3 hash of the patient.
SELECT r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM resource r
WHERE r.type = $1::int2 AND r.id = $2 AND r.pat = $3 AND r.lab & 16384 = 0;

-- name: tell
-- $1 moment, $2 recipient, $3 what, $4 patient, $5 about.
INSERT INTO notice (at, recipient, what, patient, about) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT told_once DO NOTHING;

-- name: unread
-- Notices that were not read, with what a glass says. $1 recipients, $2 most.
SELECT t.n, t.at, t.what, t.patient, t.about, coalesce(g.motive, '') AS words,
  coalesce(g.agent, '') AS who, coalesce(g.structure, '') AS structure, v.justified
FROM notice t
LEFT JOIN glass_grant g ON t.what LIKE 'glass-%' AND g.id::text = t.about
LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE t.recipient = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM notice_reading r WHERE r.n = t.n)
ORDER BY t.n DESC LIMIT $2;

-- name: read_notice
-- $1 number, $2 recipients, $3 who, $4 moment.
INSERT INTO notice_reading (n, read_by, at)
SELECT n, $3, $4 FROM notice WHERE n = $1 AND recipient = ANY ($2::text[]) ON CONFLICT DO NOTHING;

-- name: attending
-- The médecins traitants of a patient. $1 patient.
SELECT split_part(f, '>', 2) AS reference FROM r_patient r, unnest(r.refs) f
WHERE r.type = 103 AND r.id = $1 AND starts_with(f, 'general-practitioner>Practitioner/');

-- name: reviewed_glasses
-- Grants that were reviewed, the newest word first. $1 most.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified, v.note
FROM glass_review v JOIN glass_grant g ON g.id = v.grant_id
LEFT JOIN glass_closing c ON c.grant_id = g.id ORDER BY v.at DESC LIMIT $1;

-- name: glasses_for
-- Grants for a patient with what became of them, the newest first. $1 patient.
SELECT g.*, c.at AS closed, v.at AS reviewed, v.justified, v.note
FROM glass_grant g LEFT JOIN glass_closing c ON c.grant_id = g.id
LEFT JOIN glass_review v ON v.grant_id = g.id WHERE g.patient = $1 ORDER BY g.opened DESC LIMIT 200;

-- name: traits
-- A patient for who found them by the identity search, traced. $1 id, $2 agent, $3 hash,
-- $4 as what they act, $5 why.
WITH traced AS (
  INSERT INTO audit (acting, actor, action, type, pats, detail)
  SELECT $4::int8, $2, 'R', 103, ARRAY[$3::int8], $5::text
  FROM r_patient r WHERE r.type = 103 AND r.id = $1 AND r.lab & 16384 = 0
)
SELECT r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM r_patient r
WHERE r.type = 103 AND r.id = $1 AND r.lab & 16384 = 0;

-- name: visibilities_at
-- What held of the elements of a patient's record at a moment. $1 patient, $2 moment.
SELECT resource, what, until FROM (
  SELECT DISTINCT ON (resource, what) resource, what, until, holds FROM visibility_statement
  WHERE patient = $1 AND at <= $2 ORDER BY resource, what, n DESC
) said WHERE holds;

-- name: said_history
-- All statements about a record, the newest first. $1 patient, $2 most.
SELECT at, what, target, holds, NULL::timestamptz AS until, said_by FROM consent_statement
WHERE patient = $1
UNION ALL
SELECT at, what, resource, holds, until, said_by FROM visibility_statement WHERE patient = $1
ORDER BY at DESC LIMIT $2;

-- name: due_deferrals
-- Deferrals whose end has come and that nobody took back. $1 moment.
SELECT patient, resource, at, until, said_by FROM (
  SELECT DISTINCT ON (resource) patient, resource, at, until, said_by, holds
  FROM visibility_statement WHERE what = 'deferred' AND at <= $1 ORDER BY resource, n DESC
) s WHERE holds AND until <= $1 ORDER BY until;

-- name: running_deferrals
-- Deferrals that run. $1 moment.
SELECT patient, resource, at, until, said_by FROM (
  SELECT DISTINCT ON (resource) patient, resource, at, until, said_by, holds
  FROM visibility_statement WHERE what = 'deferred' AND at <= $1 ORDER BY resource, n DESC
) s WHERE holds AND until > $1 ORDER BY until;

-- name: contest
-- $1 moment, $2 patient, $3 who, $4 line of the trail, $5 words.
INSERT INTO contest (at, patient, said_by, line, words) VALUES ($1, $2, $3, $4, $5);

-- name: answer_contest
-- The DPO's answer; whose contest it is. $1 contest, $2 moment, $3 who, $4 justified, $5 words.
WITH given AS (
  INSERT INTO contest_answer (contest, at, answered_by, justified, words)
  SELECT id, $2, $3, $4, $5 FROM contest WHERE id = $1 RETURNING contest
)
SELECT c.patient FROM contest c JOIN given g ON g.contest = c.id;

-- name: contests_of
-- All contests of a patient. $1 patient.
SELECT c.id, c.at, c.patient, c.line, c.words, a.at AS seen_at, coalesce(a.actor, '') AS agent,
  coalesce(a.detail, '') AS detail, w.at AS answered, w.justified, coalesce(w.words, '') AS answer
FROM contest c LEFT JOIN audit a ON a.n = c.line LEFT JOIN contest_answer w ON w.contest = c.id
WHERE c.patient = $1 ORDER BY c.at DESC;

-- name: open_contests
-- Contests without an answer, the oldest first. $1 most.
SELECT c.id, c.at, c.patient, c.line, c.words, a.at AS seen_at, coalesce(a.actor, '') AS agent,
  coalesce(a.detail, '') AS detail, NULL::timestamptz AS answered, NULL::bool AS justified,
  '' AS answer
FROM contest c LEFT JOIN audit a ON a.n = c.line
WHERE NOT EXISTS (SELECT FROM contest_answer w WHERE w.contest = c.id) ORDER BY c.at LIMIT $1;

-- name: trail_line
-- One line of the trail that names a patient, and as what its agent acted. $1 line, $2 hash.
SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.detail, c.name, c.role,
  c.profession, c.functions, c.structure, c.practitioner, c.delegated_by, c.client, c.level
FROM audit a LEFT JOIN acting c ON c.id = a.acting
WHERE a.n = $1 AND a.pats @> ARRAY[$2::int8];

-- name: trace_refusal
-- $1 agent, $2 hash of the patient, $3 code, $4 rule, $5 version, $6 as what they act.
INSERT INTO audit (acting, actor, action, type, pats, detail)
VALUES ($6, $1, 'E', 103, ARRAY[$2::int8], 'refused ' || $3 || ' by ' || $4 || ' ' || $5);

-- name: grant_reads
-- What an agent did with a patient's record under a grant. $1 agent, $2 hash, $3 from, $4 to.
SELECT n, at, action::text AS action, type, detail FROM audit
WHERE pats @> ARRAY[$2::int8] AND actor = $1 AND at >= $3 AND at <= $4 ORDER BY n LIMIT 200;

-- name: glass_counts
-- Broken glasses by structure since a moment. $1 since.
SELECT g.structure, count(*) AS opened, count(v.grant_id) AS reviewed,
  count(*) FILTER (WHERE v.justified) AS justified,
  count(*) FILTER (WHERE coalesce(v.at, now()) > g.opened + interval '72 hours') AS late
FROM glass_grant g LEFT JOIN glass_review v ON v.grant_id = g.id
WHERE g.opened >= $1 GROUP BY g.structure ORDER BY opened DESC, g.structure;

-- name: refusal_counts
-- Refusals by their reason since a moment. $1 since.
SELECT split_part(detail, ' ', 2) AS code, count(*) AS count FROM audit
WHERE starts_with(detail, 'refused ') AND at >= $1 GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: use_counts
-- Openings of records and their professionals, documents and stays that came in. $1 since, $2 the
-- first row id of that moment.
SELECT
  (SELECT count(*) FROM audit WHERE at >= $1 AND starts_with(detail, 'record open ')) AS openings,
  (SELECT count(DISTINCT actor) FROM audit
    WHERE at >= $1 AND starts_with(detail, 'record open ')) AS people,
  (SELECT count(*) FROM r_documentreference WHERE type = 42 AND rid >= $2 AND lab & 16384 = 0)
    AS deposits,
  (SELECT count(*) FROM r_encounter WHERE type = 44 AND rid >= $2 AND lab & 16384 = 0) AS stays;

-- name: structure_names
-- Names of structures, which are of no patient. $1 ids.
SELECT r.id, r.ver, r.upd, r.lab, r.method, r.dict, r.body FROM r_organization r
WHERE r.type = 100 AND r.id = ANY ($1::text[]) AND r.lab & 16384 = 0;

-- name: any_line
-- One line of the trail for the DPO, and as what its agent acted. $1 line.
SELECT a.n, a.at, a.actor, a.action::text AS action, a.type, a.detail, a.pats, c.name, c.role,
  c.profession, c.functions, c.structure, c.practitioner, c.delegated_by, c.client, c.level,
  (SELECT p.id FROM r_patient p WHERE p.type = 103 AND p.pat = a.pats[1]) AS patient
FROM audit a LEFT JOIN acting c ON c.id = a.acting WHERE a.n = $1;
