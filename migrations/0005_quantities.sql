-- A value asked for without its unit (`value-quantity=gt5.4`) is a range of the value as written:
-- 148,000 rows of one code took 250 ms to filter, and take as long as what is found with this.
-- Writes of quantities wait while it is made, a second a million rows: `migrate` is one transaction.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX sp_qty_raw ON sp_qty (param, ckey, rawhi)
  INCLUDE (raw, rawlo, sd, rid, pat, org, lab);
