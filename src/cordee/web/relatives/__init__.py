"""Those close to a patient: who is named, who acts for whom, how citizens arrive."""
