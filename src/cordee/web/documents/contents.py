"""How a content is shown in a page, and sent as a file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.documents.cda import Narrative, Section, read_cda
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import JPEG, PDF, PNG, TEXT, TEXT_XML, XML, media_of

_SHOWN: Final = {PDF: "frame", JPEG: "image", PNG: "image"}
_ENDINGS: Final = {PDF: "pdf", JPEG: "jpg", PNG: "png", TEXT: "txt", XML: "xml", TEXT_XML: "xml"}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a content is shown: "frame", "image", "lines", "sections", "file" or "none"."""

    how: str
    lines: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()


async def shown_of(content: Content) -> Shown:
    """How a content is shown; a CDA document by its text, or by the file that it wraps."""
    if media_of(content.media) not in {XML, TEXT_XML}:
        return _plain(content)
    read = await asyncio.to_thread(read_cda, content.data)
    if isinstance(read, Narrative):
        return Shown("sections", sections=read.sections)
    return _plain(read) if read else Shown("file")


async def file_of(request: Request, content: Content, title: str) -> Response:
    """A content as a file: shown inside of its page, or saved."""
    content = await _readable(content)
    media = media_of(content.media)
    saves = "telecharger" in request.query_params or media not in _SHOWN
    name = quote(f"{title}.{_ENDINGS.get(media, 'bin')}", safe="")
    how = "attachment" if saves else "inline"
    request.scope["state"]["frames"] = "held"
    return Response(
        content.data,
        media_type=media if media in _ENDINGS else "application/octet-stream",
        headers={"content-disposition": f"{how}; filename*=UTF-8''{name}"},
    )


def _plain(content: Content) -> Shown:
    media = media_of(content.media)
    if media == TEXT:
        return Shown("lines", tuple(content.data.decode(errors="replace").splitlines()))
    return Shown(_SHOWN.get(media, "file"))


async def _readable(content: Content) -> Content:
    """The file that a CDA document wraps; another content as it is."""
    if media_of(content.media) not in {XML, TEXT_XML}:
        return content
    read = await asyncio.to_thread(read_cda, content.data)
    return read if isinstance(read, Content) else content
