"""The product error family: each class knows its slug, its FHIR issue code and its HTTP status.

ProductError
├── InvalidRequest        400  the request cannot be understood
├── ResourceInvalid       422  the resource breaks its definition; carries all issues
├── RuleBroken            422  a business rule refuses it
├── NotAuthenticated      401
├── AccessDenied          403
├── NotFound              404
├── Deleted               410
├── MethodNotAllowed      405
├── NotAcceptable         406
├── Conflict              409
├── VersionConflict       412  the resource has changed since it was read
├── MultipleMatches       412  a condition matches several resources
├── UnsupportedMedia      415
├── NotSupported          400
├── TooCostly             403
├── Throttled             429
├── Unavailable           503
└── TimedOut              504
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem of a request: severity and code are those of OperationOutcome.issue."""

    severity: str
    code: str
    message: str
    expression: tuple[str, ...] = ()


class ProductError(Exception):
    """An error that a caller can act on; its message never quotes patient data."""

    slug: ClassVar[str] = "error"
    issue_code: ClassVar[str] = "processing"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, expression: tuple[str, ...] = ()) -> None:
        """`message` says what was wrong, where, and what to do; `expression` the FHIRPaths."""
        super().__init__(message)
        self.message = message
        self.expression = expression

    def issues(self) -> tuple[Issue, ...]:
        """All problems, for an OperationOutcome."""
        return (Issue("error", self.issue_code, self.message, self.expression),)


class InvalidRequest(ProductError):
    """The request cannot be understood."""

    slug, issue_code, status = "invalid-request", "invalid", 400


class ResourceInvalid(ProductError):
    """The resource breaks its definition; every problem is listed."""

    slug, issue_code, status = "resource-invalid", "invalid", 422

    def __init__(self, issues: tuple[Issue, ...] | list[Issue]) -> None:
        """`issues` holds at least one error."""
        super().__init__("; ".join(issue.message for issue in issues))
        self._issues = tuple(issues)

    def issues(self) -> tuple[Issue, ...]:
        """All problems, in document order."""
        return self._issues


class RuleBroken(ProductError):
    """A business rule refuses the request."""

    slug, issue_code, status = "rule-broken", "business-rule", 422


class NotAuthenticated(ProductError):
    """Nobody is signed in, or the token is not valid."""

    slug, issue_code, status = "not-authenticated", "login", 401


class AccessDenied(ProductError):
    """The caller may not do this, and may know that it exists."""

    slug, issue_code, status = "access-denied", "forbidden", 403


class TooWeak(AccessDenied):
    """The caller may do this once they have shown a second factor. Rule: A2.2, RFC 9470."""

    slug = "too-weak"


class NotFound(ProductError):
    """There is nothing here for this caller."""

    slug, issue_code, status = "not-found", "not-found", 404


class Deleted(ProductError):
    """The resource was deleted."""

    slug, issue_code, status = "deleted", "deleted", 410


class MethodNotAllowed(ProductError):
    """The path exists, the method does not."""

    slug, issue_code, status = "method-not-allowed", "not-supported", 405


class NotAcceptable(ProductError):
    """No format that the caller accepts can be produced."""

    slug, issue_code, status = "not-acceptable", "not-supported", 406


class Conflict(ProductError):
    """The request clashes with the present state."""

    slug, issue_code, status = "conflict", "conflict", 409


class CircleOpen(ProductError):
    """A circle of care of this person is open already; there is one in the region."""

    slug, issue_code, status = "circle-open", "duplicate", 409


class VersionConflict(ProductError):
    """The resource has changed since it was read."""

    slug, issue_code, status = "version-conflict", "conflict", 412


class MultipleMatches(ProductError):
    """The condition matches more than one resource."""

    slug, issue_code, status = "multiple-matches", "multiple-matches", 412


class UnsupportedMedia(ProductError):
    """The content type of the body is not one that is read here."""

    slug, issue_code, status = "unsupported-media", "not-supported", 415


class NotSupported(ProductError):
    """The specification allows it, this server does not do it."""

    slug, issue_code, status = "not-supported", "not-supported", 400


class TooCostly(ProductError):
    """The search would cost more than its bound."""

    slug, issue_code, status = "too-costly", "too-costly", 403


class Throttled(ProductError):
    """Too many requests."""

    slug, issue_code, status = "throttled", "throttled", 429

    def __init__(self, message: str, *, seconds: int = 60) -> None:
        """`seconds` are those after which the caller may come back."""
        super().__init__(message)
        self.seconds = seconds


class Unavailable(ProductError):
    """A part that is needed does not answer; try again."""

    slug, issue_code, status = "unavailable", "transient", 503


class TimedOut(ProductError):
    """The work took longer than its bound."""

    slug, issue_code, status = "timed-out", "timeout", 504
