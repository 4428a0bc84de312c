"""The running platform, for the tests of this folder."""

from __future__ import annotations

from running import client, ground, live_server, platform

__all__ = ["client", "ground", "live_server", "platform"]
