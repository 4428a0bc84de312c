-- Links of agendas that were ended go after a year: one list of classes, as before.
CREATE OR REPLACE FUNCTION retention_class(of_class text, OUT rows_over text, OUT shortest interval)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT k.rows_over, k.shortest FROM (VALUES
    ('sessions', 'session x WHERE least(x.closed, x.ends) < $1', interval '1 day'),
    ('closed-sessions', 'closed_session x WHERE x.at < $1', interval '1 day'),
    ('sign-in-attempts', 'sign_in_attempt x WHERE greatest(x.last, x.until) < $1', interval '1 day'),
    ('account-events', 'account_event x WHERE x.at < $1', interval '180 days'),
    ('recovery-codes', 'credential x WHERE x.kind = ''recovery'' AND x.used < $1', interval '1 day'),
    ('oauth-codes', 'smart_code x WHERE x.expires < $1', interval '1 day'),
    ('oauth-refreshes', 'smart_refresh x WHERE x.expires < $1', interval '1 day'),
    ('oauth-requests', 'smart_request x WHERE x.expires < $1', interval '0'),
    ('oauth-launches', 'smart_launch x WHERE x.expires < $1', interval '0'),
    ('oauth-spent', 'smart_spent x WHERE x.expires < $1', interval '0'),
    ('federation-requests', 'federation_request x WHERE x.ends < $1', interval '0'),
    ('federation-spent', 'federation_spent x WHERE x.ends < $1', interval '0'),
    ('drafts', 'session_draft x WHERE x.ends < $1', interval '0'),
    ('passkey-challenges', 'passkey_challenge x WHERE x.ends < $1', interval '0'),
    ('identity-scans', 'identity_scan x WHERE x.purge_on <= ($1 AT TIME ZONE ''Europe/Paris'')::date',
      interval '0'),
    ('identity-searches', 'identity_search x WHERE x.at < $1', interval '1 day'),
    ('consultation-tries', 'consultation_try x WHERE x.at < $1', interval '1 day'),
    ('notices', 'notice x WHERE x.at < $1', interval '30 days'),
    ('document-openings', 'document_opening x WHERE x.at < $1', interval '365 days'),
    ('dmp-answers', 'dmp_try x WHERE x.at < $1 AND EXISTS (SELECT FROM dmp_deposit d'
      ' WHERE d.n = x.deposit AND d.ended < $1)', interval '365 days'),
    ('dmp-deposits', 'dmp_deposit x WHERE x.ended < $1 AND (x.state = ''given-up'' OR EXISTS ('
      'SELECT FROM document_step s WHERE s.document = x.document))'
      ' AND NOT EXISTS (SELECT FROM dmp_try t WHERE t.deposit = x.n)', interval '3650 days'),
    ('mandates', 'mandate x WHERE coalesce((SELECT z.at FROM mandate_end z WHERE z.mandate = x.id),'
      ' (SELECT e.ends FROM mandate_extent e WHERE e.mandate = x.id ORDER BY e.n DESC LIMIT 1)) < $1',
      interval '1825 days'),
    ('invitations', 'invitation x WHERE x.ends < $1', interval '14 days'),
    ('subscription-events', 'subscription_event x WHERE x.settled < $1', interval '7 days'),
    ('forms-sent', 'form_sent x WHERE x.at < $1', interval '7 days'),
    ('events', 'event x WHERE x.told < $1', interval '365 days'),
    ('followings', 'following x WHERE least(x.ended, x.ends) < $1', interval '180 days'),
    ('agenda-links', 'agenda_feed x WHERE x.ended < $1', interval '30 days')
  ) k(class, rows_over, shortest) WHERE k.class = of_class;
END;
