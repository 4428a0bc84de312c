"""Options of `cordee provider` and `cordee scim`; apart, for a command line that loads little."""

from __future__ import annotations

import argparse
from pathlib import Path

_KINDS = ("psc", "hospital", "citizen")


def add_options(command: argparse.ArgumentParser) -> None:
    """Gives `cordee provider` its options."""
    command.add_argument("action", choices=("add", "list", "remove", "check"))
    command.add_argument("--name", default="", help="short name, in addresses: psc")
    command.add_argument("--kind", choices=_KINDS, default=_KINDS[0])
    command.add_argument("--label", default="", help='as people know it: "Pro Santé Connect"')
    command.add_argument("--issuer", default="", metavar="URL")
    command.add_argument("--client", default="", metavar="ID", help="client_id given by it")
    command.add_argument(
        "--secret-file", type=Path, metavar="FILE", help="holds the client_secret; - reads it"
    )
    command.add_argument("--scope", default="")
    command.add_argument("--acr", default="", help="acr_values to ask for")
    command.add_argument("--strong-acr", action="append", default=[], metavar="ACR")
    command.add_argument("--structure", default="", metavar="Organization/ID")
    command.add_argument("--local-claim", default="sub", help="claim with the local identifier")


def add_scim_options(command: argparse.ArgumentParser) -> None:
    """Gives `cordee scim` its options."""
    command.add_argument("action", choices=("add", "list", "remove"))
    command.add_argument("--structure", default="", metavar="Organization/ID")
    command.add_argument("--label", default="", help="who holds it, as the trace names them")
    command.add_argument("--days", type=int, default=90, help="how long it holds")
    command.add_argument("--token", default="", help="beginning of its digest, to remove it")
