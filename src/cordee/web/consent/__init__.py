"""Allow an application, open one on a patient, take back what was allowed."""
