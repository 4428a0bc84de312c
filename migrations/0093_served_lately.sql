-- How many appointments of the floor somebody had lately: between equal slots, who had least comes first. C3.6.

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX slot_hold_who ON slot_hold (who, held) WHERE state IN ('booked', 'fulfilled', 'noshow');
