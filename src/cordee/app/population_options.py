"""Options of `cordee population`, apart from what it needs to run."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_population_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    command.add_argument(
        "action",
        choices=[
            "refresh",
            "rotate-key",
            "freeze",
            "areas",
            "source",
            "sources",
            "synthesise",
            "status",
            "omop",
        ],
    )
    command.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="for areas, source, sources, omop; for synthesise, a lake apart",
    )
    command.add_argument("--name", default="", help="of a snapshot, or of a source")
    command.add_argument("--people", type=int, default=100_000, help="for synthesise")
    command.add_argument("--seed", type=int, default=1, help="for synthesise")
    command.add_argument("--remove", action="store_true", help="takes a source out")
