-- A stamp names its agent, of whichever centre: a pooled regulator has a post at their own alone. Decision 0095.

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX regulation_position_agent ON regulation_position (agent);
