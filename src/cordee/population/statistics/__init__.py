"""Statistics of population health, by scipy and statsmodels; pure functions over counts."""
