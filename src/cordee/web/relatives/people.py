"""Who the signed-in person is to others: a patient, somebody close to one, or neither."""

from __future__ import annotations

from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.identity.principal import Principal
from cordee.web.ports import Account

_AROUND = frozenset({Kind.CARER, Kind.REPRESENTATIVE})


def is_around(account: Account) -> bool:
    """Whether somebody has an account to act for others, or will."""
    return isinstance(account.principal, Principal) and kind_of(account.principal) in _AROUND


def is_citizen(account: Account) -> bool:
    """Whether it is a patient or somebody close to one."""
    return account.is_patient or is_around(account)
