"""The authorization server of SMART App Launch 2.2: who an application is, and what it may do."""
