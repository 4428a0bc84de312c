"""Who the patient is and who acts: INS, principals, sessions, tokens."""
