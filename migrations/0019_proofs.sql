-- Where an application keeps its keys, and what its tokens are bound to.

ALTER TABLE smart_client ADD COLUMN jwks_uri text;
-- What every token of the application is bound to: nothing, a key it proves, or its certificate.
ALTER TABLE smart_client ADD COLUMN bound text NOT NULL DEFAULT '';
ALTER TABLE smart_client ADD CONSTRAINT smart_client_bound
  CHECK (bound IN ('', 'dpop', 'mtls')) NOT VALID;
ALTER TABLE smart_client VALIDATE CONSTRAINT smart_client_bound;
-- Thumbprint of the key that a refresh token of a public application is bound to; empty for none.
ALTER TABLE smart_refresh ADD COLUMN jkt text NOT NULL DEFAULT '';
