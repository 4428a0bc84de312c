"""Shared by all tests: being here, it puts this folder on the path, for `shared_data`."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# In CI the same examples each time: a new counterexample is found by hand, not by a landing.
settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

# No test calls the world: the authorities of the machine, 20 ms for each context, are not read.
# One whose key nobody has stands for them; a test that trusts somebody names its own.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("nobody.pem"))
