"""What each command of the command line does."""

from __future__ import annotations

import argparse
import asyncio
import sys

from cordee.app import serving
from cordee.app.wiring import bring_up_to_date, database_place
from cordee.identity.principal import Principal
from cordee.identity.tokens import Tokens
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.settings import Settings

_SYSTEM_SCOPE = "system/*.cruds"
_USER_SCOPE = "user/*.cruds"


def serve(_: argparse.Namespace, settings: Settings) -> None:
    """Serves until SIGTERM."""
    serving.serve(settings)


def demo(options: argparse.Namespace, settings: Settings) -> None:
    """Makes the region where it is not there yet, then serves it."""
    from cordee.app.demo import make_region

    settings = _in_demo(settings)
    make_region(settings, patients=options.patients, seed=options.seed)
    serving.serve(settings)


def import_paths(options: argparse.Namespace, settings: Settings) -> None:
    """Takes in files; ends with a JSON line on standard output."""
    from cordee.app.importing import run_import

    run_import(settings, options.paths)


def export(options: argparse.Namespace, settings: Settings) -> None:
    """Writes one NDJSON file a type."""
    from cordee.app.exporting import run_export

    run_export(settings, options.folder)


def token(options: argparse.Namespace, settings: Settings) -> None:
    """Prints a bearer token."""
    if options.minutes < 1:
        raise InvalidRequest("--minutes: use a positive whole number")
    if options.system:
        scope = options.scope or _SYSTEM_SCOPE
        principal = Principal("system", "Système", "system", "", "", tuple(scope.split()))
    else:
        principal = _account(options.user, options.scope or _USER_SCOPE)
    sys.stdout.write(Tokens(settings.keys).make(principal, options.minutes) + "\n")


def package(options: argparse.Namespace, settings: Settings) -> None:
    """Installs FHIR packages."""
    from cordee.app.packages import install

    install(settings, options.paths)


def migrate(_: argparse.Namespace, settings: Settings) -> None:
    """Brings the schema up to date and says its version."""
    with database_place(settings) as place:
        version = asyncio.run(bring_up_to_date(place))
    sys.stdout.write(f"schema {version}\n")


def check(_: argparse.Namespace, settings: Settings) -> None:
    """Says whether database, schema and keys are in order."""
    from cordee.app.checking import run_check

    run_check(settings)


def backup(options: argparse.Namespace, settings: Settings) -> None:
    """Copies the base into a folder."""
    from cordee.app.keeping import run_backup

    run_backup(settings, options.folder)


def restore(options: argparse.Namespace, settings: Settings) -> None:
    """Puts a backup back."""
    from cordee.app.keeping import run_restore

    run_restore(settings, options.folder)


def _in_demo(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, mode="demo")


def _account(name: str, scope: str) -> Principal:
    from cordee.app.region.accounts import DEMO_ACCOUNTS

    for account in DEMO_ACCOUNTS:
        if account.user == name:
            return Principal(
                account.user, account.name, account.role, account.structure_id,
                account.practitioner_id or "", tuple(scope.split()),
            )  # fmt: skip
    known = ", ".join(account.user for account in DEMO_ACCOUNTS)
    raise NotFound(f"there is no account {name!r}; known: {known}")
