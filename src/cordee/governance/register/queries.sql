-- name: providers
-- Identity providers that people sign in by.
SELECT label, kind, issuer FROM identity_provider WHERE removed IS NULL ORDER BY name;

-- name: applications
-- Applications that may ask people for access.
SELECT name, kind, scopes FROM smart_client
WHERE approved IS NOT NULL AND removed IS NULL ORDER BY name;

-- name: provisioning
-- Structures whose own directory says who works there.
SELECT label, structure FROM scim_token WHERE removed IS NULL AND ends > now() ORDER BY label;

-- name: facts
-- What else is in use.
SELECT EXISTS (SELECT FROM installation WHERE key = 'trail-sent') AS syslog,
  (SELECT count(*) FROM account WHERE status = 'active') AS accounts,
  EXISTS (SELECT FROM passkey) AS passkeys,
  EXISTS (SELECT FROM identity_scan) AS scans,
  EXISTS (SELECT FROM dmp_deposit) AS deposits,
  EXISTS (SELECT FROM data_key) AS sealed,
  (SELECT count(*) FROM subscription WHERE status <> 'off' AND channel <> 'email') AS subscribers,
  (SELECT count(*) FROM subscription WHERE status <> 'off' AND channel = 'email') AS mail_subscribers,
  (SELECT count(*) FROM agenda_feed WHERE ended IS NULL) AS agenda_links,
  EXISTS (SELECT FROM identity_provider WHERE kind = 'citizen' AND removed IS NULL)
    AS citizen_providers;
