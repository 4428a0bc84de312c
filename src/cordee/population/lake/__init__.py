"""The lake: pseudonymised Parquet, fed from the journal. Nothing in it says who somebody is."""
