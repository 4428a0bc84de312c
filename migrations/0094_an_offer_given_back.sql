-- Who accepted an appeal may give it back until it is confirmed: it is open again for the others. C3.4.

ALTER TABLE market_proposal ADD COLUMN given_back timestamptz;  -- they had accepted it, and cannot any more
GRANT UPDATE (given_back) ON market_proposal TO cordee_app;
GRANT DELETE ON market_acceptance TO cordee_app;
