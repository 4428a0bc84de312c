"""The signing keys of the authorization server: a pair, and the former one after a rotation.

Access tokens are signed by ES384, id_tokens by RS256 as OpenID Connect Core asks of everyone. The
files lie in the folder of keys; a rotation is seen by running processes at their next use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey

from cordee.runtime.keys import made_once

ACCESS, IDENTITY = "ES384", "RS256"
_NAMES = ("smart-ec.pem", "smart-rsa.pem")
_FORMER = ".former"


class SigningKeys:
    """The keys of one installation."""

    def __init__(self, folder: Path) -> None:
        """The keys are made at the first use."""
        self._folder = folder
        self._seen: tuple[int, ...] = ()
        self._keys: dict[str, ECKey | RSAKey] = {}

    def access(self) -> ECKey | RSAKey:
        """The key that signs access tokens now."""
        return self._read()[_NAMES[0]]

    def identity(self) -> ECKey | RSAKey:
        """The key that signs id_tokens now."""
        return self._read()[_NAMES[1]]

    def verifying(self) -> KeySet:
        """All keys whose signatures hold, the former ones included."""
        return KeySet(list(self._read().values()))

    def jwks(self) -> dict[str, Any]:
        """The public halves, for `/oauth/jwks`."""
        return {"keys": [one.as_dict(private=False) for one in self._read().values()]}

    def rotate(self) -> None:
        """Makes a new pair; the present one becomes the former, and the former is forgotten."""
        self._read()
        for name in _NAMES:
            (self._folder / name).replace(self._folder / (name + _FORMER))
        self._read()

    def _read(self) -> dict[str, ECKey | RSAKey]:
        for name, make in zip(_NAMES, (_new_ec, _new_rsa), strict=True):
            made_once(self._folder, name, make)
        paths = [self._folder / (name + end) for end in ("", _FORMER) for name in _NAMES]
        there = [path for path in paths if path.exists()]
        stamps = tuple(path.stat().st_ino for path in there)
        if stamps != self._seen:
            self._keys = {path.name: _imported(path) for path in there}
            self._seen = stamps
        return self._keys


def _imported(path: Path) -> ECKey | RSAKey:
    kind = ECKey if "-ec." in path.name else RSAKey
    key = kind.import_key(path.read_bytes(), {"use": "sig"})
    key.ensure_kid()
    return key


def _new_ec() -> bytes:
    return ECKey.generate_key("P-384").as_pem(private=True)


def _new_rsa() -> bytes:
    return RSAKey.generate_key(2048).as_pem(private=True)
