-- What a text is about, and whether an effector found the orientation right. C3.3, C3.5, decision 0099.

ALTER TABLE regulation_text ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'net'
  CHECK (kind IN ('net', 'appointment'));

-- One word of the effector for a slot; what they write beside is a stamp of the case, sealed.
CREATE TABLE slot_feedback (
  hold uuid PRIMARY KEY REFERENCES slot_hold (id),
  fits bool NOT NULL,
  at timestamptz NOT NULL,
  agent text COLLATE "C" NOT NULL
);
GRANT SELECT, INSERT ON slot_feedback TO cordee_app;
GRANT UPDATE (fits, at, agent) ON slot_feedback TO cordee_app;
