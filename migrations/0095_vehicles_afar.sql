-- A vehicle may be asked of a centre of another installation, and by one: its id is not in our list. C2.6, decision 0107.
-- squawk-ignore ban-drop-constraint
ALTER TABLE regulation_request DROP CONSTRAINT regulation_request_home_fkey;
-- squawk-ignore ban-drop-constraint
ALTER TABLE regulation_request DROP CONSTRAINT regulation_request_asker_fkey;
