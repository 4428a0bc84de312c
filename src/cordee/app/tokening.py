"""`cordee token`: a bearer token signed by this installation."""

from __future__ import annotations

import argparse
import sys

from cordee.app.accounts import principal_of
from cordee.app.region.accounts import DEMO_ACCOUNTS
from cordee.identity.principal import Principal
from cordee.identity.tokens import Tokens
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.settings import Settings

_SYSTEM_SCOPE = "system/*.cruds"
_USER_SCOPE = "user/*.cruds"


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Prints the token of a system or of an account."""
    if options.minutes < 1:
        raise InvalidRequest("--minutes: use a positive whole number")
    if options.system:
        scopes = tuple((options.scope or _SYSTEM_SCOPE).split())
        principal = Principal("system", "Système", "system", "", "", scopes)
    else:
        principal = _account(options.user, tuple((options.scope or _USER_SCOPE).split()))
    sys.stdout.write(Tokens(settings.keys).make(principal, options.minutes) + "\n")


def _account(name: str, scopes: tuple[str, ...]) -> Principal:
    for account in DEMO_ACCOUNTS:
        if account.user == name:
            return principal_of(account, scopes)
    known = ", ".join(account.user for account in DEMO_ACCOUNTS)
    raise NotFound(f"there is no account {name!r}; known: {known}")
