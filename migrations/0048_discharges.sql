-- Two more things to look at after a discharge: the call at day 2, the visit of the médecin traitant. B5.7.
-- squawk-ignore ban-drop-constraint
ALTER TABLE vigil DROP CONSTRAINT vigil_rule_check;
ALTER TABLE vigil ADD CONSTRAINT vigil_rule_check
  CHECK (rule IN ('letter', 'nurse', 'return', 'readmission', 'call', 'visit')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE vigil VALIDATE CONSTRAINT vigil_rule_check;
