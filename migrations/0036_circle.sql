-- Ties of care teams begin and end by themselves, and a person has one circle of care. Decision 0053.

-- A tie that has a beginning ahead of it, or an end. `care_circle` holds it while it runs; `turns` is
-- when it next begins or ends, 'infinity' once it is over. Who builds a scope turns what is due for
-- its actors first, so that an end counts at its moment whether or not any job has run.
CREATE TABLE circle_term (
  rid int8 NOT NULL,
  actor int8 NOT NULL,
  pat int8 NOT NULL,
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  turns timestamptz NOT NULL,
  CHECK (starts < ends)
);
CREATE INDEX circle_term_rid ON circle_term (rid);
CREATE INDEX circle_term_actor ON circle_term (actor, turns);
CREATE INDEX circle_term_turns ON circle_term (turns);

-- The one circle of care of a person in the region: a second one is refused by this key. B1.4.
CREATE TABLE active_circle (
  pat int8 PRIMARY KEY,
  rid int8 NOT NULL UNIQUE,
  ends timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON circle_term, active_circle TO cordee_app;
GRANT UPDATE (turns) ON circle_term TO cordee_app;

-- Makes the ties right that have begun or ended by a moment: of some actors, of some resources, or
-- all. How many turned.
CREATE FUNCTION turn_terms(at timestamptz, of_actor int8[] DEFAULT NULL, of_rid int8[] DEFAULT NULL)
RETURNS int4 LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  rids int8[];
  actors int8[];
BEGIN
  WITH due AS (
    UPDATE circle_term t SET turns = CASE WHEN t.ends <= at THEN 'infinity'
      WHEN t.starts <= at THEN t.ends ELSE t.starts END
    WHERE t.turns <= at AND (of_actor IS NULL OR t.actor = ANY (of_actor))
      AND (of_rid IS NULL OR t.rid = ANY (of_rid))
    RETURNING t.rid, t.actor
  )
  SELECT array_agg(due.rid), array_agg(due.actor) INTO rids, actors FROM due;
  IF rids IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM care_circle c USING unnest(rids, actors) d(rid, actor)
  WHERE c.rid = d.rid AND c.actor = d.actor AND NOT EXISTS (
    SELECT FROM circle_term t
    WHERE t.rid = d.rid AND t.actor = d.actor AND t.starts <= at AND at < t.ends);
  INSERT INTO care_circle (actor, pat, rid)
  SELECT DISTINCT t.actor, t.pat, t.rid
  FROM unnest(rids, actors) d(rid, actor)
  JOIN circle_term t ON t.rid = d.rid AND t.actor = d.actor AND t.starts <= at AND at < t.ends
  WHERE NOT EXISTS (SELECT FROM care_circle c WHERE c.rid = t.rid AND c.actor = t.actor);
  PERFORM close_circle(k.pat) FROM (
    SELECT DISTINCT k.pat FROM closed_circle k
    JOIN circle_term t ON t.pat = k.pat AND t.rid = ANY (rids)) k;
  RETURN cardinality(rids);
END $$;

-- What the care teams just written say: their terms, and which of them is a circle of care. A circle
-- that was one before keeps its place, or loses it without a word where two files became one.
CREATE FUNCTION put_terms(
  at timestamptz, w_rid int8[],
  t_rid int8[], t_actor int8[], t_pat int8[], t_starts timestamptz[], t_ends timestamptz[],
  a_rid int8[], a_pat int8[], a_ends timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  known int8[];
BEGIN
  DELETE FROM circle_term t WHERE t.rid = ANY (w_rid);
  INSERT INTO circle_term (rid, actor, pat, starts, ends, turns)
  SELECT n.rid, n.actor, n.pat, n.starts, n.ends, '-infinity'
  FROM unnest(t_rid, t_actor, t_pat, t_starts, t_ends) n(rid, actor, pat, starts, ends);
  PERFORM turn_terms(at, NULL, w_rid);
  WITH gone AS (DELETE FROM active_circle k WHERE k.rid = ANY (w_rid) RETURNING k.rid)
  SELECT array_agg(gone.rid) INTO known FROM gone;
  DELETE FROM active_circle k WHERE k.pat = ANY (a_pat) AND k.ends <= at;
  INSERT INTO active_circle (pat, rid, ends)
  SELECT n.pat, n.rid, n.ends FROM unnest(a_rid, a_pat, a_ends) n(rid, pat, ends)
  WHERE n.rid = ANY (known) ON CONFLICT DO NOTHING;
  INSERT INTO active_circle (pat, rid, ends)
  SELECT n.pat, n.rid, n.ends FROM unnest(a_rid, a_pat, a_ends) n(rid, pat, ends)
  WHERE (n.rid = ANY (known)) IS NOT TRUE;
END $$;
GRANT EXECUTE ON FUNCTION turn_terms(timestamptz, int8[], int8[]) TO cordee_app;
GRANT EXECUTE ON FUNCTION put_terms(timestamptz, int8[], int8[], int8[], int8[], timestamptz[],
  timestamptz[], int8[], int8[], timestamptz[]) TO cordee_app;

-- What happened to a circle of care, and what the person said of it: only ever added to. An invitation
-- is its number; it waits until it is answered, once. Free words are sealed. Requirements B1.2, B1.3.
CREATE TABLE circle_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  circle text NOT NULL,             -- CareTeam; '' where the person refused that there be one
  patient text NOT NULL CHECK (patient <> ''),
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  acting int8 NOT NULL,
  structure text NOT NULL DEFAULT '',
  step text NOT NULL CHECK (step IN ('opened', 'informed', 'consented', 'not-opposed', 'opposed',
    'invited', 'accepted', 'declined', 'withdrawn', 'added', 'changed', 'left', 'excluded', 'closed')),
  subject text NOT NULL DEFAULT '', -- the member, as the CareTeam names it
  person text NOT NULL DEFAULT '',  -- who answers for it: a Practitioner or an Organization
  role text NOT NULL DEFAULT '',
  access text NOT NULL DEFAULT '' CHECK (access IN ('', 'record', 'contact')),
  starts timestamptz,
  ends timestamptz,
  invitation uuid,
  channel text NOT NULL DEFAULT '',
  said_by text NOT NULL DEFAULT '',
  said_on date,
  reason text NOT NULL DEFAULT '',  -- a code
  note bytea,
  CONSTRAINT invitation_is_named CHECK (
    step NOT IN ('invited', 'accepted', 'declined', 'withdrawn') OR invitation IS NOT NULL),
  CONSTRAINT a_word_has_its_channel CHECK (
    step NOT IN ('informed', 'consented', 'not-opposed', 'opposed')
    OR channel <> '' AND said_by <> '' AND said_on IS NOT NULL)
);
CREATE INDEX circle_step_patient ON circle_step (patient, n DESC);
CREATE INDEX circle_step_person ON circle_step (person, n DESC) WHERE step = 'invited';
CREATE UNIQUE INDEX circle_step_invited ON circle_step (invitation) WHERE step = 'invited';
CREATE UNIQUE INDEX circle_step_answered ON circle_step (invitation)
  WHERE step IN ('accepted', 'declined', 'withdrawn');
GRANT SELECT, INSERT ON circle_step TO cordee_app;
