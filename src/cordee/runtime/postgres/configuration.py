"""What the embedded PostgreSQL is told: memory, durability, who may connect."""

from __future__ import annotations

import os
from pathlib import Path

_MIB = 1024 * 1024
_SERVER_MEMORY = 12 * 1024 * _MIB


def server_settings(socket: Path) -> str:
    """Text of `cordee.conf` for this machine's memory; the reasons are in docs/decisions/0002."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    large = memory >= _SERVER_MEMORY
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{socket}'",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{min(4096, max(128, memory // _MIB // 8))}MB",
        "effective_cache_size": f"{max(512, memory // _MIB // 2)}MB",
        "work_mem": "16MB" if large else "8MB",
        "maintenance_work_mem": "512MB" if large else "128MB",
        "huge_pages": "off",
        "synchronous_commit": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "wal_compression": "pglz",
        "max_wal_size": "8GB" if large else "2GB",
        # An archive that is not taken any more must not fill the disk.
        "max_slot_wal_keep_size": "32GB" if large else "4GB",
        "checkpoint_timeout": "30min",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
        "default_statistics_target": "200",
        "autovacuum_naptime": "20s",
        "track_commit_timestamp": "off",
        "timezone": "'UTC'",
        "datestyle": "'ISO'",
        # No patient value in a log: neither statements nor their parameters.
        "log_statement": "'none'",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        "logging_collector": "off",
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def authentication(users: list[str], roles: tuple[str, ...]) -> tuple[str, str]:
    """Texts of `pg_hba.conf` and `pg_ident.conf`: peer only, no password, no trust."""
    hba = "local all all peer map=cordee\nlocal replication all peer map=cordee\n"
    ident = "".join(f"cordee {user} {role}\n" for user in users for role in roles)
    return hba, ident
