"""Pages on paper: HTML to PDF/UA-1 (ISO 14289-1), tagged, in French, in a process of its own.

The process that prints reads no file of ours but the house font, and reaches no network; it is
ended when it takes too long. Requirements: B1.1, B3.6, I.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import orjson
from markupsafe import Markup

SECONDS: Final = 30.0
"""How long a document may take."""
AT_ONCE: Final = 2
"""How many are printed at once in one worker; the others wait."""
LARGEST: Final = 2_000_000
"""Characters of HTML that are taken."""
_PAGE: Final = Markup(
    '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body><div class="paper-head"><p><strong>{who}</strong></p><p>{traits}</p></div>'
    '<div class="paper-foot"><p>{printed}</p></div>{body}</body></html>'
)
_NOTHING: Final = {"LC_ALL": "C.UTF-8"}
"""What the process sees of our environment: no secret, no setting."""
_gates: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class PaperJam(Exception):
    """The document was not printed: too large, too slow, or nothing came out."""


def sheet(body: Markup, *, title: str, who: str, traits: str, printed: str) -> str:
    """A whole page: `who` and `traits` head each sheet, `printed` (by whom, when) is at its foot.

    All but `body` is text, and is escaped.
    """
    return str(_PAGE.format(title=title, who=who, traits=traits, printed=printed, body=body))


async def pdf(html: str, title: str) -> bytes:
    """The PDF/UA-1 of a page of HTML; the house style is added, `title` is that of the document.

    Images are `data:`; whatever else the page refers to is left out. Raises `PaperJam`.
    """
    if len(html) > LARGEST:
        raise PaperJam("the page is too large for paper")
    async with _gate():
        try:
            async with asyncio.timeout(SECONDS):
                return await _print(orjson.dumps({"html": html, "title": title}))
        except TimeoutError as error:
            raise PaperJam("printing took too long") from error


async def _print(job: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", f"import sys;sys.path[:]={sys.path!r};"
        "from cordee.formats.printing import main;main()",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=_NOTHING,
    )  # fmt: skip
    try:
        made, _none = await process.communicate(job)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not made.startswith(b"%PDF-"):
        raise PaperJam("nothing came out")
    return made


def _gate() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    for other in [one for one in _gates if one.is_closed()]:
        del _gates[other]
    return _gates.setdefault(loop, asyncio.Semaphore(AT_ONCE))
