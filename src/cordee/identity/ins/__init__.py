"""The national health identity of a patient: matricule, strict traits, statuses, proofs, INSi."""
