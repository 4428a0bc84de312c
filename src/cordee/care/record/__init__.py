"""The patient record: who the person is, problems, treatments, results, events."""
