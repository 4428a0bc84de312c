-- Whose account of a vendor of slots it is: it ends with that person's right to regulate. INT_R02, C3.7.

ALTER TABLE sas_account ADD COLUMN login text COLLATE "C" NOT NULL DEFAULT '';
GRANT UPDATE (login) ON sas_account TO cordee_app;
