"""`cordee migrate`: the schema brought up to date."""

from __future__ import annotations

import argparse
import asyncio
import sys

from cordee.app.wiring import bring_up_to_date, database_place
from cordee.runtime.settings import Settings


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Applies what is missing and prints the version."""
    with database_place(settings) as place:
        version = asyncio.run(bring_up_to_date(place))
    sys.stdout.write(f"schema {version}\n")
