"""Recovery codes: ten, each of use once, for who has lost their telephone."""

from __future__ import annotations

import secrets

COUNT = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _LENGTH = 2, 5


def new_codes() -> tuple[str, ...]:
    """Ten random codes of 50 bits, such as `7KQ2M-XW9RT`."""
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(_GROUPS))
        for _ in range(COUNT)
    )


def plain(code: str) -> str:
    """The code without spaces and hyphens, in capitals, as it is digested."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
