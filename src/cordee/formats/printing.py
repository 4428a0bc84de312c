"""The process that prints one document: its page on standard input, its PDF on standard output."""

from __future__ import annotations

import sys
import warnings
from importlib.resources import files
from io import BytesIO
from typing import Final

import orjson

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # a font library that it can do without
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

FONT: Final = "cordee:inter.woff2"
_HOUSE: Final = "cordee:"


class Fetcher(URLFetcher):
    """Fetches what a page holds within itself, and the house font; nothing else."""

    def __init__(self) -> None:
        """Nothing but `data:` is opened."""
        super().__init__(allowed_protocols=("data",), allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """What is at an address; raises `ValueError` for all that is not ours."""
        if url == FONT:
            font = files("cordee").joinpath("web/static/vendor/inter.woff2").read_bytes()
            return URLFetcherResponse(url, body=font, headers={"Content-Type": "font/woff2"})
        return super().fetch(url, headers)


def made(html: str, title: str) -> bytes:
    """The PDF/UA-1 of a page of HTML."""
    fetcher, fonts = Fetcher(), FontConfiguration()
    style = files("cordee.formats").joinpath("paper.css").read_text("utf-8")
    house = CSS(string=style, url_fetcher=fetcher, font_config=fonts, base_url=_HOUSE)
    page = HTML(string=html, url_fetcher=fetcher, base_url=_HOUSE)
    document = page.render(
        stylesheets=[house], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True
    )
    document.metadata.title = title
    document.metadata.lang = document.metadata.lang or "fr"
    document.metadata.generator = "Cordée"
    out = BytesIO()
    document.write_pdf(out, pdf_variant="pdf/ua-1", pdf_tags=True)
    return out.getvalue()


def main() -> None:
    """Print the document of standard input."""
    job = orjson.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(made(job["html"], job["title"]))
