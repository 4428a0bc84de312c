"""Paper: PDF/UA that a screen reader can read, of nothing but what the page holds."""

from __future__ import annotations

import asyncio
import re
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from markupsafe import Markup

from cordee.formats import paper
from cordee.formats.paper import LARGEST, PaperJam, pdf, sheet

BODY = Markup(
    "<h1>Plan</h1><h2>Besoins</h2><table><caption>Actions</caption><thead><tr>"
    "<th scope=col>Quoi</th></tr></thead><tbody><tr><td>Évaluer la chute</td></tr></tbody></table>"
    '<ul><li>Cœur</li></ul><img alt="lieu" src="{place}"><img alt="fichier" src="file:///etc/hostname">'
    '<link rel="stylesheet" href="{place}">'
)


def unpacked(document: bytes) -> str:
    """The objects of a PDF with its streams read."""
    found = document
    for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        try:
            found += b"\n" + zlib.decompress(stream[1])
        except zlib.error:
            continue
    return found.decode("latin-1")


@pytest.mark.requirement("B3.6")
async def test_a_document_is_tagged_french_and_says_that_it_is_pdf_ua() -> None:
    html = sheet(
        BODY.format(place="data:,"), title="Plan", who="<MOREL> Jeanne", traits="née le 12/03/1941",
        printed="Imprimé par Dr LEROY",
    )  # fmt: skip
    assert "&lt;MOREL&gt;" in html
    text = unpacked(await pdf(html, "Plan personnalisé"))
    assert 'pdfuaid:part="1"' in text
    assert "/Marked true" in text
    assert "/Lang (fr)" in text
    assert "/DisplayDocTitle true" in text
    for tag in ("H1", "H2", "Table", "TH", "TD", "Caption", "L", "LI"):
        assert f"/S /{tag}" in text, tag
    assert "Inter" in text
    assert "Plan personnalis" in text or "feff0050006c0061006e" in text


async def test_nothing_is_fetched_and_no_file_is_read() -> None:
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Listening)
    listening = Thread(target=server.serve_forever, daemon=True)
    listening.start()
    try:
        place = f"http://127.0.0.1:{server.server_port}/image.png"
        html = sheet(BODY.format(place=place), title="Plan", who="", traits="", printed="")
        document = await pdf(html, "Plan")
    finally:
        server.shutdown()
        server.server_close()
        listening.join()
    assert document.startswith(b"%PDF-1.7")
    assert asked == []


async def test_the_loop_goes_on_while_a_document_is_printed() -> None:
    printing = asyncio.create_task(pdf(sheet(BODY, title="", who="", traits="", printed=""), "P"))
    turns = 0
    while not printing.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert (await printing).startswith(b"%PDF-")
    assert turns > 3


async def test_what_is_too_large_or_too_slow_is_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(PaperJam, match="large"):
        await pdf("x" * (LARGEST + 1), "Plan")
    monkeypatch.setattr(paper, "SECONDS", 0.01)
    with pytest.raises(PaperJam, match="long"):
        await pdf("<p>x", "Plan")
