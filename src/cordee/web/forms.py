"""Forms: read the fields, check the token, keep what was typed, say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from cordee.web.guarding import check_form

MAX_FIELDS = 50
MAX_FIELD_LENGTH = 2000


@dataclass(slots=True)
class Form:
    """What was typed, and the error of each field that has one."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Tell what was typed in a field; empty when it was not sent."""
        return self.values.get(name, "")


async def read_form(request: Request) -> Form:
    """Give the fields of a posted form of this session, stripped.

    Raises `AccessDenied` when the form token is missing or of another session.
    """
    sent = await request.form(max_files=0, max_fields=MAX_FIELDS)
    values = {
        name: value.strip()[:MAX_FIELD_LENGTH]
        for name, value in sent.items()
        if isinstance(value, str)
    }
    check_form(request, values.get("jeton", ""))
    return Form(values)
