"""The running platform, for the tests of this folder."""

from __future__ import annotations

from rewound import bare_screen, standing, standing_pair
from running import client, ground, live_server, platform

__all__ = [
    "bare_screen",
    "client",
    "ground",
    "live_server",
    "platform",
    "standing",
    "standing_pair",
]
