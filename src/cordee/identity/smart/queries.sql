-- name: add_client
INSERT INTO smart_client
  (id, name, kind, secret_hash, jwks, redirect_uris, launch_url, scopes, approved, jwks_uri, bound)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN now() END, $10, $11);

-- name: client
SELECT id, name, kind, secret_hash, jwks, redirect_uris, launch_url, scopes, approved, removed,
  jwks_uri, bound
FROM smart_client WHERE id = $1;

-- name: clients
SELECT id, name, kind, secret_hash, jwks, redirect_uris, launch_url, scopes, approved, removed,
  jwks_uri, bound
FROM smart_client WHERE removed IS NULL ORDER BY created, id;

-- name: waiting_clients
SELECT count(*) FROM smart_client WHERE approved IS NULL AND removed IS NULL;

-- name: approve_client
UPDATE smart_client SET approved = now() WHERE id = $1 AND removed IS NULL AND approved IS NULL
RETURNING id;

-- name: remove_client
UPDATE smart_client SET removed = now() WHERE id = $1 AND removed IS NULL RETURNING id;

-- name: add_request
INSERT INTO smart_request (hash, client, asked, expires)
VALUES ($1, $2, $3, now() + make_interval(mins => 10));

-- name: forget_requests
DELETE FROM smart_request WHERE expires < now();

-- name: request
SELECT client, asked FROM smart_request WHERE hash = $1 AND expires > now();

-- name: take_request
DELETE FROM smart_request WHERE hash = $1 AND expires > now() RETURNING client, asked;

-- name: add_launch
INSERT INTO smart_launch (hash, client, account, context, expires)
VALUES ($1, $2, $3, $4, now() + make_interval(mins => 10));

-- name: launch
SELECT account, context FROM smart_launch WHERE hash = $1 AND client = $2 AND expires > now();

-- name: take_launch
DELETE FROM smart_launch WHERE hash = $1 AND client = $2 AND account = $3 AND expires > now()
RETURNING context;

-- name: add_grant
-- What was allowed is in the audit trail.
WITH made AS (
  INSERT INTO smart_grant (id, client, account, person, context, session, scopes)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING
  RETURNING account, client, scopes
)
INSERT INTO audit (acting, actor, action, type, pats, detail)
SELECT (SELECT w.id FROM acting w WHERE w.agent = account ORDER BY w.made DESC LIMIT 1),
  account, 'E', NULL, '{}', 'application ' || client || ' allowed ' || scopes FROM made;

-- name: grant
-- What a token stands on, while nobody withdrew it. $1 grant, $2 its name if it was revoked.
SELECT g.id, g.client, g.account, g.person, g.context, g.session, g.scopes FROM smart_grant g
JOIN smart_client c ON c.id = g.client AND c.removed IS NULL AND c.approved IS NOT NULL
WHERE g.id = $1 AND g.withdrawn IS NULL
  AND NOT EXISTS (SELECT FROM smart_spent s WHERE s.name = $2)
  -- Who may not enter any more, or has closed the session, acts through no application either.
  AND NOT EXISTS (SELECT FROM account a WHERE a.login = g.account
    AND (a.status <> 'active' OR a.ends <= now()))
  AND NOT EXISTS (SELECT FROM session s WHERE s.id = sha256(convert_to(g.session, 'UTF8'))
    AND (s.closed IS NOT NULL OR s.ends <= now()) AND g.scopes !~ '(^| )offline_access( |$)')
  AND NOT EXISTS (SELECT FROM closed_session d WHERE d.id = g.session
    AND g.scopes !~ '(^| )offline_access( |$)');

-- name: withdraw_grant
WITH gone AS (
  UPDATE smart_grant SET withdrawn = now() WHERE id = $1 AND withdrawn IS NULL
  RETURNING account, client
)
INSERT INTO audit (acting, actor, action, type, pats, detail)
SELECT (SELECT w.id FROM acting w WHERE w.agent = account ORDER BY w.made DESC LIMIT 1),
  account, 'E', NULL, '{}', 'application ' || client || ' ended' FROM gone;

-- name: withdraw_client
WITH gone AS (
  UPDATE smart_grant SET withdrawn = now()
  WHERE account = $1 AND client = $2 AND withdrawn IS NULL RETURNING account, client
)
INSERT INTO audit (acting, actor, action, type, pats, detail)
SELECT DISTINCT (SELECT w.id FROM acting w WHERE w.agent = account ORDER BY w.made DESC LIMIT 1),
  account, 'E'::"char", NULL::int2, '{}'::int8[], 'application ' || client || ' withdrawn' FROM gone;

-- name: grants_of
-- What a person allowed, by application, while something of it may still be used.
SELECT c.id, c.name, g.scopes, g.created, g.context FROM smart_grant g
JOIN smart_client c ON c.id = g.client AND c.removed IS NULL
WHERE g.account = $1 AND g.withdrawn IS NULL ORDER BY g.created DESC LIMIT 500;

-- name: add_code
INSERT INTO smart_code (hash, grant_id, asked, expires)
VALUES ($1, $2, $3, now() + make_interval(secs => 60));

-- name: take_code
UPDATE smart_code SET used = now() WHERE hash = $1 AND used IS NULL AND expires > now()
RETURNING grant_id, asked;

-- name: used_code
SELECT grant_id FROM smart_code WHERE hash = $1 AND used IS NOT NULL;

-- name: add_refresh
INSERT INTO smart_refresh (hash, grant_id, scopes, expires, jkt)
VALUES ($1, $2, $3, now() + make_interval(mins => $4), $5);

-- name: refresh
SELECT grant_id, scopes, expires, jkt, used IS NULL AND expires > now() AS usable
FROM smart_refresh WHERE hash = $1;

-- name: take_refresh
UPDATE smart_refresh SET used = now() WHERE hash = $1 AND used IS NULL AND expires > now()
RETURNING grant_id, scopes;

-- name: spend
INSERT INTO smart_spent (name, expires) VALUES ($1, to_timestamp($2::float8))
ON CONFLICT DO NOTHING RETURNING name;

-- name: forget_spent
DELETE FROM smart_spent WHERE expires < now();
