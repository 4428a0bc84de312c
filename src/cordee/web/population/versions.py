"""Versions that may be cited: frozen from the page, read as they were, beside the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.population.snapshots import Snapshot, Snapshots
from cordee.runtime.errors import NotFound
from cordee.runtime.french import PARIS, number, short_date
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.asking import ask
from cordee.web.population.questions import number_of, question_of, scale_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST: Final = "population/templates/versions.html"
ONE: Final = "population/templates/version.html"
VERSIONS, PROPOSALS = "/population/versions", "/population/implantations"


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of a list of what was kept."""

    title: str
    lead: str
    head: str
    empty: str
    how: str


TEXTS: Final = Texts(
    _("Versions citables"), _("Ce qu’une page disait un jour, pour toujours."), _("Versions"),
    _("Aucune version"), _("Ouvrez un indicateur et figez-le."),
)  # fmt: skip


async def freeze(request: Request) -> Response:
    """Keep what the page tells as a version."""
    form = await read_form(request)
    question = question_of(request)
    answer = await ask(request, "answer", question)
    body = body_of(answer, question, scale_of(answer, question))
    return await keep(request, VERSIONS, question.indicator, (form["note"], body))


async def keep(
    request: Request, path: str, indicator: str, told: tuple[str, dict[str, Any]]
) -> Response:
    """Keep a note and what is told, then show it."""
    kept = await shelf_of(request, path).keep(signed_in(request).principal, indicator, *told)
    return RedirectResponse(f"{path}/{kept}", status_code=303)


async def index(request: Request) -> Response:
    """Give the list of versions, the newest first."""
    found = await shelf_of(request, VERSIONS).latest(signed_in(request).principal)
    return page(request, LIST, texts=TEXTS, path=VERSIONS, kept=[_line(one) for one in found])


async def show(request: Request) -> Response:
    """Give a version as it was, with what changed since the one before."""
    one, before = await one_of(request, VERSIONS)
    rows = _compared(one, before)
    return page(
        request, ONE, version=_line(one), body=one.body, rows=rows,
        before=_line(before) if before else None, citation=_citation(one),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the numbers of a version as CSV."""
    one, _before = await one_of(request, VERSIONS)
    head = (
        _("code"), _("territoire"), _("cas"), _("personnes"), one.body["unit"],
        _("IC 95 %, bas"), _("IC 95 %, haut"),
    )  # fmt: skip
    names = ("code", "name", "cases", "people", "value", "low", "high")
    lines = [[row[name] for name in names] for row in one.body["rows"]]
    return spreadsheet(f"version-{one.number}.csv", head, lines)


def body_of(answer: Any, question: Any, how: Any) -> dict[str, Any]:
    """What is told, and nothing else: rows of the release."""
    reading = answer.reading

    def told(value: float) -> str:
        return f"{value * how.per:.{how.digits}f}"

    return {
        "title": answer.indicator.title, "definition": answer.indicator.version,
        "level": question.level, "kind": question.kind, "reference": question.reference,
        "start": answer.start.isoformat(), "end": answer.end.isoformat(), "unit": how.unit,
        "facts": answer.version, "source": answer.sources.used, "people": reading.people,
        "mean": told(reading.mean.value) if reading.mean else "",
        "rows": [
            {
                "code": one.code, "name": ", ".join(one.names), "cases": one.cases,
                "people": one.people,
                "value": told(one.figure.value) if one.figure else None,
                "low": told(one.figure.low) if one.figure else None,
                "high": told(one.figure.high) if one.figure else None,
            }
            for one in reading.rows
        ],
    }  # fmt: skip


def _compared(one: Snapshot, before: Snapshot | None) -> list[dict[str, str]]:
    former = {}
    if before is not None and _is_same(one, before):
        former = {row["code"]: row["value"] for row in before.body["rows"] if row["value"]}
    rows = []
    for row in one.body["rows"]:
        was = former.get(row["code"])
        changed = ""
        if was is not None and row["value"] is not None:
            digits = len(row["value"].partition(".")[2])
            changed = number(f"{float(row['value']) - float(was):+.{digits}f}")
        rows.append(
            {
                "name": row["name"], "changed": changed,
                "cases": number(row["cases"]) if row["cases"] is not None else "",
                "value": number(row["value"]) if row["value"] else _("non publié"),
                "interval": _("%(low)s à %(high)s") % {
                    "low": number(row["low"]), "high": number(row["high"]),
                } if row["value"] else "",
            }
        )  # fmt: skip
    return rows


def _is_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two versions tell the same figure of the same areas."""
    return all(
        one.body[name] == other.body[name] for name in ("level", "kind", "reference", "unit")
    )


def _line(one: Snapshot) -> dict[str, Any]:
    body = one.body
    level, kind = words.LEVELS[body["level"]], words.KINDS[body["kind"]]
    source = words.source(body["source"])
    return head(one) | {
        "level": level, "kind": kind, "source": source,
        "words": f"{level}, {kind.lower()}, {source}",
    }  # fmt: skip


def head(one: Snapshot) -> dict[str, Any]:
    """What is said of a version or a proposal: its number, who kept it when, its note."""
    return {
        "number": one.number, "at": words.moment(one.at), "by": one.by, "note": one.note,
        "title": one.body["title"], "indicator": one.indicator, "digest": one.digest,
    }  # fmt: skip


def _citation(one: Snapshot) -> str:
    return _("Cordée, « %(title)s », %(level)s, période du %(start)s au %(end)s, version %(n)s du "
             "%(at)s, empreinte %(digest)s.") % {
        "title": one.body["title"], "level": words.LEVELS[one.body["level"]],
        "start": short_date(one.body["start"]), "end": short_date(one.body["end"]), "n": one.number,
        "at": words.day(one.at.astimezone(PARIS).date()), "digest": one.digest[:12],
    }  # fmt: skip


async def one_of(request: Request, path: str) -> tuple[Snapshot, Snapshot | None]:
    """The one of an address and the one before it."""
    principal = signed_in(request).principal
    return await shelf_of(request, path).get(principal, number_of(request))


def shelf_of(request: Request, path: str) -> Snapshots:
    """What this installation keeps under an address; raises `NotFound` where there is none."""
    ports = request.app.state.ports
    shelf: Snapshots | None = ports.snapshots if path == VERSIONS else ports.proposals
    if shelf is None:
        raise NotFound("nothing is kept here")
    return shelf
