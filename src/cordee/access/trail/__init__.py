"""The audit trail for those who may read it: as AuditEvent, as syslog; kept and purged by rule."""
