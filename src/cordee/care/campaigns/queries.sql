-- name: campaigns
-- All campaigns, those under way first; at most $1.
SELECT id, version, content, title, objective, owner, basis, channels, starts, ends, budget, spent, lesson, state, drafted, report
FROM campaign ORDER BY array_position(ARRAY['launched', 'running', 'instructed', 'validated', 'idea', 'closing',
  'capitalised', 'dropped'], state), starts DESC, id LIMIT $1;

-- name: campaign
SELECT id, version, content, title, objective, owner, basis, channels, starts, ends, budget, spent, lesson, state, drafted, report
FROM campaign WHERE id = $1;

-- name: territories
SELECT campaign, code, word, motive, at, by FROM campaign_territory WHERE campaign = ANY ($1) ORDER BY campaign, code;

-- name: hold
SELECT state FROM campaign WHERE id = $1 FOR UPDATE;

-- name: add
INSERT INTO campaign (id, kit, content, title, objective, owner, basis, channels, starts, ends, budget, state, drafted, draft_of, made, made_by)
VALUES ($1, $2, $3::text::jsonb, $4, $5, $6, $7, $8, $9, $10, $11, 'idea', $12::text::jsonb, $13, $14, $15)
ON CONFLICT DO NOTHING RETURNING id;

-- name: add_territory
INSERT INTO campaign_territory (campaign, code) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: change
UPDATE campaign SET version = version + 1, title = $3, objective = $4, owner = $5, basis = $6, channels = $7, starts = $8,
  ends = $9, budget = $10
WHERE id = $1 AND version = $2 RETURNING version;

-- name: move
UPDATE campaign SET version = version + 1, state = $2 WHERE id = $1;

-- name: account
UPDATE campaign SET version = version + 1, spent = $3, lesson = $4 WHERE id = $1 AND version = $2 AND state = 'closing' RETURNING version;

-- name: report
UPDATE campaign SET report = $2::text::jsonb WHERE id = $1 AND report IS NULL;

-- name: say
UPDATE campaign_territory SET word = $3, motive = $4, at = $5, by = $6 WHERE campaign = $1 AND code = $2 AND word <> $3 RETURNING code;

-- name: step
INSERT INTO campaign_step (campaign, at, by, what, words) VALUES ($1, $2, $3, $4, $5);

-- name: steps
SELECT at, by, what, words FROM campaign_step WHERE campaign = $1 ORDER BY n DESC LIMIT 200;

-- name: kits
SELECT id, content, origin, added FROM campaign_kit ORDER BY added DESC LIMIT 200;

-- name: add_kit
INSERT INTO campaign_kit (id, content, origin, added, added_by) VALUES ($1, $2::text::jsonb, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: groups
SELECT id, title, why, rule, words, band, shared, closed FROM risk_group WHERE closed IS NULL OR $1 ORDER BY shared DESC LIMIT 200;

-- name: group
SELECT id, title, why, rule, words, band, shared, closed FROM risk_group WHERE id = $1;

-- name: add_group
INSERT INTO risk_group (id, title, why, rule, words, band, shared, shared_by)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8) ON CONFLICT DO NOTHING;

-- name: close_group
UPDATE risk_group SET closed = $2 WHERE id = $1 AND closed IS NULL RETURNING id;

-- name: list_people
INSERT INTO campaign_person (campaign, patient, territory, sex, band, quintile, doctor, origin, listed)
SELECT $1, p.patient, p.territory, p.sex, p.band, p.quintile, p.doctor, 'listed', $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int2[], $8::text[]) p(patient, territory, sex, band, quintile, doctor)
ON CONFLICT DO NOTHING;

-- name: walk_in
INSERT INTO campaign_person (campaign, patient, territory, sex, band, quintile, doctor, origin, listed)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'walk-in', $8) ON CONFLICT DO NOTHING;

-- name: people
-- Persons of a campaign among some patients, with whether they do not want to be written to.
SELECT p.*, r.patient IS NOT NULL AS refuses, coalesce(w.is_over, false) AS is_followed
FROM campaign_person p LEFT JOIN campaign_refusal r USING (patient) LEFT JOIN workflow_task w ON w.task = p.task AND p.task <> ''
WHERE p.campaign = $1 AND p.patient = ANY ($2) ORDER BY p.listed, p.patient;

-- name: of_doctor
-- Who is listed of some doctors in a campaign.
SELECT p.*, r.patient IS NOT NULL AS refuses, coalesce(w.is_over, false) AS is_followed
FROM campaign_person p LEFT JOIN campaign_refusal r USING (patient) LEFT JOIN workflow_task w ON w.task = p.task AND p.task <> ''
WHERE p.campaign = $1 AND p.doctor = ANY ($2) ORDER BY p.listed, p.patient LIMIT $3;

-- name: of_patient
SELECT p.*, c.title, c.state, c.content, r.patient IS NOT NULL AS refuses, coalesce(w.is_over, false) AS is_followed
FROM campaign_person p JOIN campaign c ON c.id = p.campaign LEFT JOIN campaign_refusal r USING (patient)
  LEFT JOIN workflow_task w ON w.task = p.task AND p.task <> ''
WHERE p.patient = $1 ORDER BY p.listed DESC LIMIT 50;

-- name: invite
UPDATE campaign_person p SET word = 'invited', motive = '', decided = $2, decided_by = $3, expires = $4, due = $2,
  channel = said.channel, variant = said.variant, digest = said.digest, sending = said.sending
FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) AS said (patient, channel, variant, digest, sending)
WHERE p.campaign = $1 AND p.patient = said.patient AND p.word <> 'invited' RETURNING p.number;

-- name: exclude
UPDATE campaign_person p SET word = 'excluded', motive = said.motive, decided = $2, decided_by = $3
FROM unnest($4::text[], $5::text[]) AS said (patient, motive)
WHERE p.campaign = $1 AND p.patient = said.patient AND p.word <> 'invited' RETURNING p.number;

-- name: printed
UPDATE campaign_person SET sending = 'printed', sent = $3 WHERE campaign = $1 AND patient = ANY ($2) AND channel = 'letter'
  AND sending = 'waiting';

-- name: lease_sending
UPDATE campaign_person SET tries = tries + 1, due = $2 WHERE number = (
  SELECT number FROM campaign_person WHERE sending = 'waiting' AND channel = 'sms' AND due <= $1 ORDER BY due LIMIT 1
  FOR UPDATE SKIP LOCKED
) RETURNING campaign, patient, number, variant, doctor, tries, decided, stopped IS NOT NULL
  OR EXISTS (SELECT FROM campaign_refusal r WHERE r.patient = campaign_person.patient)
  OR EXISTS (SELECT FROM campaign_territory t WHERE t.campaign = campaign_person.campaign
    AND t.code = campaign_person.territory AND t.word = 'declined')
  OR NOT EXISTS (SELECT FROM campaign c WHERE c.id = campaign_person.campaign
    AND c.state IN ('launched', 'running')) AS refuses;

-- name: settle_sending
UPDATE campaign_person SET sending = $2, sent = $3, due = $4 WHERE number = $1 AND sending = 'waiting';

-- name: behind
SELECT p.campaign, p.patient, p.number, p.variant, p.doctor, p.guesses, p.opened, p.stopped, p.appointment, p.done, p.territory, p.expires
FROM campaign_person p WHERE p.digest = $1 AND p.expires > $2;

-- name: guess
UPDATE campaign_person SET guesses = guesses + 1 WHERE number = $1 AND guesses < $2 RETURNING guesses;

-- name: opened
UPDATE campaign_person SET opened = coalesce(opened, $2), guesses = 0 WHERE number = $1;

-- name: stopped
UPDATE campaign_person SET stopped = $2, sending = CASE sending WHEN 'waiting' THEN 'failed' ELSE sending END WHERE number = $1;

-- name: refuse
INSERT INTO campaign_refusal (patient, at, way) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: take_back
DELETE FROM campaign_refusal WHERE patient = $1;

-- name: booked
UPDATE campaign_person SET booked = CASE WHEN $4 = '' THEN NULL ELSE coalesce(booked, $3) END, appointment = $4 WHERE campaign = $1 AND patient = $2;

-- name: agrees
UPDATE campaign_person SET agrees = $3 WHERE campaign = $1 AND patient = $2;

-- name: awaited
-- Persons of open campaigns whose act has not been seen yet, after a campaign and a person.
SELECT p.campaign, p.patient, p.appointment FROM campaign_person p JOIN campaign c ON c.id = p.campaign
WHERE c.state IN ('launched', 'running') AND p.done IS NULL AND (p.word = 'invited' OR p.origin = 'walk-in')
  AND (p.campaign, p.patient) > ($2, $3)
ORDER BY p.campaign, p.patient LIMIT $1;

-- name: done
UPDATE campaign_person SET done = $3, act = $4, positive = $5, task = $6, follow_by = $7
WHERE campaign = $1 AND patient = $2 AND (done IS NULL OR (task = '' AND $6 <> '')) RETURNING number;

-- name: unfollowed
SELECT p.campaign, p.patient, p.task, p.agrees FROM campaign_person p LEFT JOIN workflow_task w ON w.task = p.task
WHERE p.follow_by <= $1 AND p.handed IS NULL AND p.task <> '' AND NOT coalesce(w.is_over, false) ORDER BY p.follow_by LIMIT 50;

-- name: handed
UPDATE campaign_person SET handed = $3 WHERE campaign = $1 AND patient = $2;

-- name: put_off
UPDATE campaign_person SET follow_by = $3 WHERE campaign = $1 AND patient = $2;

-- name: counts
-- How many persons of a campaign end in each status, by what those who steer may split.
SELECT territory, sex, band, quintile, variant, status, count(*)::int4 AS n FROM (
  SELECT p.territory, p.sex, p.band, p.quintile, p.variant,
    CASE
      WHEN p.done IS NOT NULL AND p.positive AND w.is_over THEN 'linked'
      WHEN p.done IS NOT NULL AND p.positive THEN 'positive'
      WHEN p.done IS NOT NULL THEN 'done'
      WHEN p.booked IS NOT NULL THEN 'booked'
      WHEN p.opened IS NOT NULL THEN 'reached'
      WHEN p.word = 'invited' THEN 'invited'
      WHEN p.word = 'excluded' THEN 'excluded'
      ELSE 'listed'
    END AS status
  FROM campaign_person p LEFT JOIN workflow_task w ON w.task = p.task AND p.task <> '' WHERE p.campaign = $1
) s GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6;

-- name: figures
SELECT day, content FROM campaign_figures WHERE campaign = $1 ORDER BY day DESC LIMIT 400;

-- name: add_figures
INSERT INTO campaign_figures (campaign, day, content) VALUES ($1, $2, $3::text::jsonb) ON CONFLICT DO NOTHING;

-- name: watched
-- Campaigns of which figures are told each day.
SELECT id FROM campaign WHERE state IN ('launched', 'running', 'closing') ORDER BY id;
