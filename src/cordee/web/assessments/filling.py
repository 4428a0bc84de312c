"""Fill in an assessment, a part at a time; what was typed and what stands are both shown. B4.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.assessments.answers import digest, read_typed
from cordee.care.assessments.desk import Assessment, Overlap, Saved, birth_of
from cordee.care.assessments.forms import Form as Questions
from cordee.care.assessments.forms import Item, Part
from cordee.care.assessments.prefilling import Known, prefill
from cordee.care.assessments.scores import enabled
from cordee.care.record.ports import RecordRows
from cordee.runtime import french
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict
from cordee.web.assessments.entrance import assessments_of, assessor, opened
from cordee.web.assessments.words import answer_words, part_views, view_assessment
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.rendering import page

TEMPLATE: Final = "assessments/templates/part.html"
FIRST: Final = "q-"
"""Names of the fields of questions begin so."""
ALL: Final = "tout"
"""The part of a form that is asked on one page."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as a field; `theirs` is what somebody else answered meanwhile."""

    name: str
    text: str
    kind: str
    unit: str
    value: str
    choices: tuple[tuple[str, str], ...]
    known: str
    theirs: str
    when: str


async def show(request: Request) -> Response:
    """Give the questions of a part, with what was answered, or with what the record knows."""
    rows, values, found = await opened(request)
    parts = parts_of(request, found.form)
    if not found.is_open:
        return RedirectResponse(_home(found), status_code=303)
    return _page(request, values, _Filled(found, parts, rows), Form())


async def save(request: Request) -> Response:
    """Keep the part, then go where the button leads; what was typed stays when it is refused."""
    sent = await read_form(request)
    rows, values, found = await opened(request)
    desk, account, now = assessments_of(request), assessor(request), _now(request)
    filled = _Filled(found, parts_of(request, found.form), rows)
    typed = {one.removeprefix(FIRST): text for one, text in sent.values.items()}
    answers, errors = read_typed(found.form, filled.parts, typed)
    sent.errors |= {FIRST + code: _(text) for code, text in errors.items()}
    if sent.errors:
        return _page(request, values, filled, sent, status=422)
    try:
        saved = Saved(filled.parts, answers, sent["base"])
        found = await desk.save(account.principal, found, saved, now)
        if sent["geste"] == "terminer":
            await desk.finish(account.principal, found, now, birth_of(rows.patient))
    except Overlap as error:
        sent.errors["base"] = error.message
        filled = _Filled(error.present, filled.parts, rows, is_doubled=True)
        return _page(request, values, filled, sent, status=409)
    except (Conflict, RuleBroken, VersionConflict) as error:
        sent.errors["base"] = error.message
        return _page(request, values, _Filled(found, filled.parts, rows), sent, status=error.status)
    return RedirectResponse(_following(found, filled.parts, sent["geste"]), status_code=303)


@dataclass(frozen=True, slots=True)
class _Filled:
    """What a page of questions is made of."""

    found: Assessment
    parts: tuple[Part, ...]
    rows: RecordRows
    is_doubled: bool = False


def parts_of(request: Request, form: Questions) -> tuple[Part, ...]:
    """The parts that the address names; raises `NotFound`."""
    code = request.path_params["part"]
    if form.one_page and code == ALL:
        return form.parts
    part = form.part(code)
    if part is None:
        raise NotFound("there is no such part")
    return (part,)


def _page(
    request: Request, values: dict[str, Any], filled: _Filled, form: Form, *, status: int = 200
) -> Response:
    found, parts = filled.found, filled.parts
    now = _now(request)
    known = prefill(found.form, filled.rows, now.date())
    codes = [one.code for one in found.form.parts]
    place = codes.index(parts[0].code)
    values |= {
        "form": form,
        "found": view_assessment(found, None, now),
        "purpose": _(found.form.purpose),
        "parts": [
            (part, [_question(filled, one, form, known) for one in part.items]) for part in parts
        ],
        "steps": part_views(found),
        "here_part": parts[0].code,
        "base": digest(parts, found.answers),
        "place": place + 1,
        "is_last": len(parts) > 1 or place + 1 == len(codes),
        "one_page": found.form.one_page,
        "number": form_number(form),
    }
    return page(request, TEMPLATE, status=status, **values)


def _question(filled: _Filled, item: Item, form: Form, known: Mapping[str, Known]) -> Question:
    answers, name = filled.found.answers, FIRST + item.code
    stands = answers.get(item.code, "")
    offered = known.get(item.code)
    is_new = not any(answers.get(one.code) for part in filled.parts for one in part.items)
    value = form[name] if form.values else stands or (offered.value if offered and is_new else "")
    theirs = ""
    if filled.is_doubled and stands != form[name]:
        theirs = answer_words(filled.found.form, item, answers) or _("sans réponse")
    return Question(
        name=name,
        text=_(item.text),
        kind=item.kind,
        unit=item.unit,
        value=value.replace(".", ",") if item.kind == "number" else value,
        choices=tuple((k, _(v.text)) for k, v in filled.found.form.answers(item).items()),
        known=_known(filled.found.form, item, offered),
        theirs=theirs,
        when=_when(filled.found.form, item, answers),
    )


def _known(form: Questions, item: Item, known: Known | None) -> str:
    if known is None:
        return ""
    text = answer_words(form, item, {item.code: known.value})
    if known.day:
        return _("du dossier, %(day)s : %(text)s") % {
            "day": french.short_date(known.day), "text": text,
        }  # fmt: skip
    return _("du dossier : %(text)s") % {"text": text}


def _when(form: Questions, item: Item, answers: Mapping[str, str]) -> str:
    """When a question that does not arise yet has to be answered; "" for one that arises."""
    if item.when is None or item.code in enabled(form, answers):
        return ""
    other = form.item(item.when.item)
    assert other is not None  # noqa: S101 -- checked when the form was read
    if item.when.at_least is not None:
        asked = _("%s ou plus") % item.when.at_least
    else:
        choices = form.answers(other)
        asked = ", ".join(_(choices[one].text) for one in item.when.is_)
    return _("à remplir si « %(text)s » : %(asked)s") % {"text": _(other.text), "asked": asked}


def _following(found: Assessment, parts: tuple[Part, ...], act: str) -> str:
    """Where a button leads: the next part, or the page of the assessment."""
    codes = [one.code for one in found.form.parts]
    following = codes.index(parts[-1].code) + 1
    if act != "suivant" or following >= len(codes):
        return _home(found)
    return f"{_home(found)}/{codes[following]}"


def _home(found: Assessment) -> str:
    return f"/patients/{found.patient}/evaluations/{found.key}"


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()
