"""Settings, database, jobs, blobs, crypto, telemetry, French typography."""
