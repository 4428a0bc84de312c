"""A form with one file: its fields, its token, and the bytes that were chosen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from cordee.care.documents.metadata import guessed_media
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import LARGEST
from cordee.runtime.errors import InvalidRequest
from cordee.web.forms import MAX_FIELD_LENGTH, MAX_FIELDS, Form
from cordee.web.guarding import check_form

_AROUND = 64 * 1024
"""What a form adds to its file."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent: the form, and the file; its bytes are empty when none was chosen."""

    form: Form
    content: Content


async def read_upload(request: Request, *, largest: int = LARGEST) -> Upload:
    """Give a posted form of this session with its file.

    Raises `AccessDenied` for a wrong token, `InvalidRequest` for a body that is too large.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > largest + _AROUND:
        raise InvalidRequest("the file is too large")
    async with request.form(max_files=1, max_fields=MAX_FIELDS) as sent:
        values = {
            name: value.strip()[:MAX_FIELD_LENGTH]
            for name, value in sent.items()
            if isinstance(value, str)
        }
        check_form(request, values.get("jeton", ""))
        file = next((one for one in sent.values() if isinstance(one, UploadFile)), None)
        data = await file.read() if file is not None else b""
        said = (file.content_type or "") if file is not None else ""
    media = await asyncio.to_thread(guessed_media, data, said)  # an XML file is read for it
    return Upload(Form(values), Content(media, data))
