"""My choices: the patient's consent and masking centre."""
