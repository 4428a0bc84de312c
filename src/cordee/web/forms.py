"""Forms: read the fields, check the token, keep what was typed, say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from starlette.requests import Request

from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    ProductError,
    ResourceInvalid,
    VersionConflict,
)
from cordee.web.guarding import LINK_PREFIXES, check_form
from cordee.web.language import gettext as _

MAX_FIELDS = 50
MAX_FIELD_LENGTH = 2000
_FAR = 1_000_000


@dataclass(slots=True)
class Form:
    """What was typed, and the error of each field that has one."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Tell what was typed in a field; empty when it was not sent."""
        return self.values.get(name, "")


def form_number(form: Form) -> str:
    """The number by which a form is taken once (a UUID); a new one where it bears none."""
    try:
        return str(UUID(form["numero"]))
    except ValueError:
        return str(uuid4())


def put_errors(sent: Form, error: ProductError, fields: Mapping[str, str], other: str) -> int:
    """The status of a form that is refused, its errors at their fields, else at `other`."""
    if isinstance(error, VersionConflict):
        sent.errors[other] = _("Quelqu’un vient d’écrire ici : relisez, puis recommencez.")
    elif isinstance(error, ResourceInvalid):
        for issue in error.issues():
            where = issue.expression[0] if issue.expression else ""
            sent.errors[fields.get(where, other)] = issue.message
    else:
        sent.errors[other] = error.message
    return error.status if isinstance(error, AccessDenied | Conflict | VersionConflict) else 422


def day_of(text: str) -> date | None:
    """The day of a field; None for none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def read_form(request: Request, most: int = MAX_FIELDS) -> Form:
    """Give the fields of a posted form of this session, stripped.

    Raises `AccessDenied` when the form token is missing or of another session. A page that a link
    opens by its secret has no session: whoever posts there knows the secret.
    """
    sent = await request.form(max_files=0, max_fields=most)
    values = {
        name: value.replace("\x00", "").strip()[:MAX_FIELD_LENGTH]
        for name, value in sent.items()
        if isinstance(value, str)
    }
    if not request.url.path.startswith(LINK_PREFIXES):
        check_form(request, values.get("jeton", ""))
    return Form(values)


def place_of(text: str, total: int = _FAR) -> int:
    """The place in a list of `total` lines at which a page begins; 0 for what is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_FAR))
    return min(int(text), max(0, total - 1)) if is_number else 0
