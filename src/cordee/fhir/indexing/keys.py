"""Keys of `resource.idx`: 64-bit keyed hashes, so that the index tells nothing without the secret.

The texts that are hashed are those of `docs/plan.md`; `Type` is the concrete resource type, also
for parameters of Resource (`Patient._tag=...`). Codes and values of tokens are casefolded.
"""

from __future__ import annotations

from hashlib import blake2b

_LONGEST_KEPT = 120
_MOST_KEPT = 200_000


class KeyMaker:
    """64-bit signed hash of a text under the secret of this installation."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is at most 64 bytes long."""
        self._secret = secret
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """Key of a text; short ones are remembered."""
        key = self._known.get(text)
        if key is None:
            digest = blake2b(text.encode(), digest_size=8, key=self._secret).digest()
            key = int.from_bytes(digest, "big", signed=True)
            if len(text) <= _LONGEST_KEPT:
                if len(self._known) >= _MOST_KEPT:
                    self._known.clear()
                self._known[text] = key
        return key


def token_texts(name: str, system: str | None, code: str | None) -> tuple[str, ...]:
    """Texts of one token under `name` (`Type.param`): with its system, bare, the system alone.

    Without a system: bare and `|code`. The code is casefolded.
    """
    folded = code.casefold() if code else ""
    if system:
        if not folded:
            return (f"{name}={system}|",)
        return (f"{name}={system}|{folded}", f"{name}={folded}", f"{name}={system}|")
    return (f"{name}={folded}", f"{name}=|{folded}") if folded else ()
