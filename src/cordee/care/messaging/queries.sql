-- name: add_thread
-- $1 id, $2 patient, $3 subject, $4 now, $5 who, $6 agent, $7 acting.
INSERT INTO thread (id, patient, subject, made, made_by, agent, acting, moved)
VALUES ($1, $2, $3, $4, $5, $6, $7, $4) ON CONFLICT DO NOTHING RETURNING id;

-- name: add_members
-- $1 thread, $2 members, $3 their names, $4 whether outside, $5 now, $6 added by.
INSERT INTO thread_member (thread, member, name, since, added_by, outside)
SELECT $1, m.member, m.name, $5, $6, m.outside
FROM unnest($2::text[], $3::text[], $4::bool[]) m(member, name, outside)
ON CONFLICT (thread, member) DO UPDATE SET until = NULL, since = excluded.since,
  added_by = excluded.added_by, outside = excluded.outside WHERE thread_member.until IS NOT NULL;

-- name: end_member
-- $1 thread, $2 member, $3 now.
UPDATE thread_member SET until = $3 WHERE thread = $1 AND member = $2 AND until IS NULL
RETURNING member;

-- name: thread_of
-- A thread that somebody is in. $1 thread, $2 as whom they read.
SELECT t.* FROM thread t WHERE t.id = $1 AND EXISTS (SELECT FROM thread_member m
  WHERE m.thread = t.id AND m.member = ANY ($2::text[]) AND m.until IS NULL);

-- name: members
-- $1 threads.
SELECT * FROM thread_member WHERE thread = ANY ($1::uuid[]) ORDER BY thread, since, member;

-- name: threads
-- Threads that somebody is in, the last moved first, each with its last message and how many they
-- have not read. $1 as whom they read, $2 who reads, $3 patient or null, $4 most.
SELECT t.*, EXISTS (SELECT FROM thread_mute u WHERE u.thread = t.id AND u.reader = $2) AS muted,
  l.n, l.key, l.at, l.author, l.words, l.withdrawn,
  (SELECT count(*) FROM message x WHERE x.thread = t.id AND x.author <> $2 AND NOT EXISTS (
    SELECT FROM receipt r WHERE r.message = x.n AND r.reader = $2 AND r.read IS NOT NULL)) AS unread,
  EXISTS (SELECT FROM message x JOIN message_clock c ON c.message = x.n WHERE x.thread = t.id
    AND x.author <> $2 AND NOT EXISTS (SELECT FROM receipt r
      WHERE r.message = x.n AND r.reader = $2 AND r.read IS NOT NULL)) AS urgent
FROM thread t LEFT JOIN LATERAL (
  SELECT x.n, x.key, x.at, x.author, x.words, w.message IS NOT NULL AS withdrawn FROM message x
  LEFT JOIN message_withdrawal w ON w.message = x.n
  WHERE x.thread = t.id ORDER BY x.place DESC LIMIT 1) l ON true
WHERE EXISTS (SELECT FROM thread_member m
    WHERE m.thread = t.id AND m.member = ANY ($1::text[]) AND m.until IS NULL)
  AND ($3::text IS NULL OR t.patient = $3)
ORDER BY t.moved DESC LIMIT $4;

-- name: next_place
-- The next number of a thread: whoever writes next waits for the end of this transaction.
UPDATE thread SET changes = changes + 1, moved = greatest(moved, $2) WHERE id = $1
RETURNING changes;

-- name: known_message
-- $1 thread, $2 author, $3 key.
SELECT n, place FROM message WHERE thread = $1 AND author = $2 AND key = $3;

-- name: add_message
-- $1 thread, $2 place, $3 key, $4 now, $5 author, $6 agent, $7 acting, $8 words, $9 mentions, $10 hours.
INSERT INTO message (thread, place, key, at, author, agent, acting, words, mentions, hours)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING n;

-- name: add_file
-- $1 message, $2 place, $3 media, $4 size, $5 name, $6 content.
INSERT INTO message_file (message, place, media, size, name, content)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: add_clock
-- $1 message, $2 due.
INSERT INTO message_clock (message, due) VALUES ($1, $2);

-- name: messages
-- Messages of a thread after a number, at most so many of the last, in their order. $1 thread,
-- $2 after, $3 most.
SELECT * FROM (
  SELECT x.n, x.place, x.key, x.at, x.author, x.words, x.mentions, x.hours, a.name, a.role,
    w.at AS withdrawn, c.due, c.stage,
    (SELECT json_agg(json_build_object('place', f.place, 'media', f.media, 'size', f.size,
      'name', encode(f.name, 'base64')) ORDER BY f.place)::text
      FROM message_file f WHERE f.message = x.n) AS files,
    (SELECT json_agg(json_build_object('reader', r.reader, 'delivered', r.delivered,
      'read', r.read) ORDER BY r.read)::text FROM receipt r WHERE r.message = x.n) AS receipts
  FROM message x LEFT JOIN acting a ON a.id = x.acting
  LEFT JOIN message_withdrawal w ON w.message = x.n LEFT JOIN message_clock c ON c.message = x.n
  WHERE x.thread = $1 AND x.place > $2 ORDER BY x.place DESC LIMIT $3
) found ORDER BY place;

-- name: one_message
-- $1 thread, $2 number.
SELECT x.n, x.place, x.key, x.author, x.at, x.words, w.at AS withdrawn FROM message x
LEFT JOIN message_withdrawal w ON w.message = x.n WHERE x.thread = $1 AND x.n = $2;

-- name: file
-- $1 thread, $2 message, $3 place.
SELECT f.media, f.name, f.content, x.key FROM message_file f JOIN message x ON x.n = f.message
WHERE x.thread = $1 AND x.n = $2 AND f.place = $3
  AND NOT EXISTS (SELECT FROM message_withdrawal w WHERE w.message = x.n);

-- name: withdraw
-- $1 message, $2 now, $3 agent, $4 acting.
INSERT INTO message_withdrawal (message, at, agent, acting) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING message;

-- name: deliver
-- What somebody is shown the existence of. $1 threads, $2 who, $3 now.
INSERT INTO receipt (message, reader, delivered)
SELECT x.n, $2, $3 FROM message x WHERE x.thread = ANY ($1::uuid[]) AND x.author <> $2
ON CONFLICT DO NOTHING;

-- name: read_up_to
-- What somebody has on their screen. $1 thread, $2 up to this number, $3 who, $4 now.
INSERT INTO receipt (message, reader, delivered, read)
SELECT x.n, $3, $4, $4 FROM message x WHERE x.thread = $1 AND x.place <= $2 AND x.author <> $3
  AND NOT EXISTS (SELECT FROM receipt r
    WHERE r.message = x.n AND r.reader = $3 AND r.read IS NOT NULL)
ON CONFLICT (message, reader) DO UPDATE SET read = excluded.read WHERE receipt.read IS NULL
RETURNING message;

-- name: stop_clocks
-- $1 messages, $2 now.
UPDATE message_clock SET stage = 'read', turned = $2
WHERE message = ANY ($1::int8[]) AND stage IN ('waiting', 'substitute');

-- name: mute
INSERT INTO thread_mute (thread, reader) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: unmute
DELETE FROM thread_mute WHERE thread = $1 AND reader = $2;

-- name: mutes
SELECT reader FROM thread_mute WHERE thread = $1;

-- name: changes
-- $1 threads.
SELECT id, changes FROM thread WHERE id = ANY ($1::uuid[]);

-- name: link
-- $1 thread, $2 message or null, $3 kind, $4 reference, $5 now, $6 agent.
INSERT INTO message_link (thread, message, kind, reference, at, agent)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: links
SELECT message, kind, reference, at FROM message_link WHERE thread = $1 ORDER BY n;

-- name: to_search
-- Messages of some threads to be opened and looked through, the newest first. $1 threads, $2 most.
SELECT x.n, x.thread, x.key, x.at, x.author, x.words, a.name FROM message x
LEFT JOIN acting a ON a.id = x.acting
WHERE x.thread = ANY ($1::uuid[]) AND NOT EXISTS (
  SELECT FROM message_withdrawal w WHERE w.message = x.n)
ORDER BY x.n DESC LIMIT $2;

-- name: due_clock
-- What expects an answer past its time, the first. $1 now.
SELECT c.message, c.stage, t.patient, t.made_by
FROM message_clock c JOIN message x ON x.n = c.message JOIN thread t ON t.id = x.thread
WHERE c.due <= $1 AND c.stage IN ('waiting', 'substitute') ORDER BY c.due, c.message LIMIT 1;

-- name: lock_clock
-- The same, when it is as it was, for this transaction alone. $1 now, $2 message, $3 stage.
SELECT c.message, c.stage, x.thread, x.author, x.hours, t.patient, t.made_by
FROM message_clock c JOIN message x ON x.n = c.message JOIN thread t ON t.id = x.thread
WHERE c.message = $2 AND c.stage = $3 AND c.due <= $1 FOR UPDATE OF c;

-- name: turn_clock
-- $1 message, $2 stage, $3 due, $4 now.
UPDATE message_clock SET stage = $2, due = $3, turned = $4 WHERE message = $1;

-- name: absent
-- Who of these people is away at a moment, with their substitute. $1 people, $2 moment.
SELECT * FROM (
  SELECT DISTINCT ON (person) * FROM absence WHERE person = ANY ($1::text[]) ORDER BY person, n DESC
) last WHERE starts <= $2 AND $2 < ends;

-- name: last_absence
SELECT * FROM absence WHERE person = $1 ORDER BY n DESC LIMIT 1;

-- name: say_absence
-- $1 person, $2 now, $3 agent, $4 starts, $5 ends, $6 substitute, $7 its name.
INSERT INTO absence (person, said, agent, starts, ends, substitute, substitute_name)
VALUES ($1, $2, $3, $4, $5, $6, $7);
