-- Slots that a regulator holds for three minutes, then books: one live row by slot, whoever is quicker. C3.3, decision 0081.

CREATE TABLE slot_hold (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  vendor text COLLATE "C" NOT NULL CHECK (vendor <> ''),
  slot text COLLATE "C" NOT NULL CHECK (slot <> ''),      -- its id at the vendor
  starts timestamptz NOT NULL,
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  "case" uuid NOT NULL,                          -- that of the floor, which is told what becomes of it
  held_by text COLLATE "C" NOT NULL CHECK (held_by <> ''),
  held timestamptz NOT NULL,
  until timestamptz NOT NULL CHECK (until > held),
  state text COLLATE "C" NOT NULL CHECK (state IN ('held', 'booked', 'fulfilled', 'noshow', 'released', 'cancelled')),
  changed timestamptz NOT NULL
);
-- Two bookings of one slot cannot be written, however many ask at once.
CREATE UNIQUE INDEX slot_hold_once ON slot_hold (vendor, slot) WHERE state IN ('held', 'booked', 'fulfilled', 'noshow');
CREATE INDEX slot_hold_case ON slot_hold (centre, "case", held);
CREATE INDEX slot_hold_missed ON slot_hold (centre, starts) WHERE state = 'noshow';

GRANT SELECT, INSERT ON slot_hold TO cordee_app;
GRANT UPDATE (state, until, changed) ON slot_hold TO cordee_app;
