"""What the authorization server refuses, in the words of OAuth 2.0."""

from __future__ import annotations

from cordee.runtime.errors import NotAuthenticated


class Unproved(NotAuthenticated):
    """A token that is bound to a key or a certificate, without its proof (RFC 9449, 7.1).

    `code` is `invalid_dpop_proof` or `invalid_token`.
    """

    def __init__(self, code: str, message: str) -> None:
        """`message` is in plain ASCII."""
        super().__init__(message)
        self.code = code


class OAuthError(Exception):
    """A refusal with its code of RFC 6749 (5.2) or RFC 7591."""

    def __init__(self, code: str, message: str) -> None:
        """`code` is one of the registered error codes; `message` is in plain ASCII."""
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def answers(self) -> int:
        """The HTTP status: 401 where the client is not who it says, else 400."""
        return 401 if self.code == "invalid_client" else 400
