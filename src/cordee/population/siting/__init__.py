"""Where a mobile team or a patient school would reach most people; no road network is read."""
