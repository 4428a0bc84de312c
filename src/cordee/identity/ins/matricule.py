"""The matricule INS: a NIR or a NIA of fifteen characters, and the authority that gave it.

Rules: référentiel INS (ANS), annex on the key; list of the OIDs of the INS authorities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cordee.runtime.errors import InvalidRequest

MODULUS: Final = 97
BODY: Final = 13
LENGTH: Final = 15
OID_ROOT: Final = "1.2.250.1.213.1.4."
URN: Final = "urn:oid:"
# Sex or its stand-in, year, month (20 and over: month not known), place, order. The place holds
# a letter in Corsica only.
_BODY = re.compile(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{3}\d{3}")
_SPACES = re.compile(r"[\s.\u00a0\u202f]")
_CORSICA: Final = (("2A", "19"), ("2B", "18"))


class Authority(StrEnum):
    """Who gave a matricule, by the OID of its list."""

    NIR = "1.2.250.1.213.1.4.8"
    NIA = "1.2.250.1.213.1.4.9"
    NIR_TEST = "1.2.250.1.213.1.4.10"
    NIR_DEMO = "1.2.250.1.213.1.4.11"

    @property
    def uri(self) -> str:
        """The OID as `Identifier.system` has it."""
        return URN + self.value

    @property
    def type_code(self) -> str:
        """The code of `Identifier.type` in fr-core-cs-v2-0203."""
        return "INS-" + self.name.replace("_", "-")

    @property
    def is_of_real_people(self) -> bool:
        """False for the lists of tests and of demonstrations."""
        return self in (Authority.NIR, Authority.NIA)


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule with a right key, and its authority; shown without its digits in a trace."""

    matricule: str
    authority: Authority

    def __post_init__(self) -> None:
        """Raise `InvalidRequest` when the matricule has not the form or the key of a matricule."""
        check_matricule(self.matricule)

    def __repr__(self) -> str:
        """The authority only: a matricule never goes to a log."""
        return f"Ins(authority={self.authority.name})"

    @property
    def number(self) -> str:
        """The thirteen characters before the key."""
        return self.matricule[:BODY]

    @property
    def key(self) -> str:
        """The two digits of the key."""
        return self.matricule[BODY:]


def key(number: str) -> str:
    """Two-digit key of the thirteen characters of a matricule: 97 less the rest modulo 97.

    In Corsica 2A counts as 19 and 2B as 18.
    """
    for letters, digits in _CORSICA:
        number = number.replace(letters, digits)
    return f"{MODULUS - int(number) % MODULUS:02d}"


def is_matricule(text: str) -> bool:
    """True for fifteen characters in the form of a matricule with the right key."""
    if len(text) != LENGTH or not text[BODY:].isascii() or not text[BODY:].isdigit():
        return False
    return _BODY.fullmatch(text[:BODY]) is not None and key(text[:BODY]) == text[BODY:]


def check_matricule(text: str) -> None:
    """Return nothing when `text` is a matricule with the right key.

    Raises `InvalidRequest`, whose sentence says what is wrong and quotes nothing.
    """
    if len(text) != LENGTH:
        raise InvalidRequest(
            f"Le matricule INS compte {LENGTH} caractères, clé comprise ; vérifiez la saisie."
        )
    if not _BODY.fullmatch(text[:BODY]):
        raise InvalidRequest(
            "Le matricule INS n’a pas la forme attendue (sexe, année, mois, lieu, ordre) ; "
            "vérifiez la saisie."
        )
    if not is_matricule(text):
        raise InvalidRequest(
            "La clé du matricule INS ne correspond pas à ses treize premiers caractères ; "
            "vérifiez la saisie."
        )


def read_matricule(text: str, authority: Authority) -> Ins:
    """The INS typed by a person: spaces and points are left out, `2a` is read as `2A`.

    Raises `InvalidRequest` when it is no matricule.
    """
    return Ins(_SPACES.sub("", text).upper(), authority)


def authority_of(system: str) -> Authority | None:
    """The authority of an `Identifier.system` or of an OID; None for all others."""
    oid = system.removeprefix(URN)
    return next((one for one in Authority if one == oid), None)


def is_national(system: str) -> bool:
    """True for any list under the root of the national health identifiers.

    These also hold the NIR as a social security number (.13, .14) and the former INS-C (.2).
    """
    return system.removeprefix(URN).startswith(OID_ROOT)
