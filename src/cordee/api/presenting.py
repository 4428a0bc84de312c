"""What a request brings beside its token: proofs of a key, the certificate that a proxy passes."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from cordee.identity.smart.proving import Presented, Proxies

PEER = "cordee.peer"
"""Member of an ASGI scope: who opened the connection, whatever a proxy says of its client."""


def presented_of(scope: MutableMapping[str, Any], origin: str, proxies: Proxies) -> Presented:
    """The proofs of a request to this address under `origin`, and its certificate."""
    proofs = [value.decode("latin-1") for name, value in scope["headers"] if name == b"dpop"]
    peer = scope.get(PEER) or scope.get("client") or ("", 0)
    return Presented(
        method=scope["method"],
        address=origin + scope["path"],
        proofs=tuple(proofs),
        certificate=proxies.certificate(str(peer[0]), scope["headers"]),
    )
