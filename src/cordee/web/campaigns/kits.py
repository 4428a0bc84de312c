"""The library of kits: read, taken from another region as a file, given to one. Rule: G3.9."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.kits import LICENCES, Kit, file_of, kit_of_file, shipped
from cordee.population.indicators.criteria import criterion
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.french import number
from cordee.web.campaigns.entrance import PATH, desk_of, either, is_steering, steering
from cordee.web.forms import Form, check_form, form_number
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.rendering import page

TEMPLATE: Final = "campaigns/templates/kits.html"
KITS: Final = f"{PATH}/kits"
_LARGEST: Final = 100_000


async def index(request: Request) -> Response:
    """Give the kits: what each asks, in which words, under which licence."""
    return await _page(request, "")


async def take(request: Request) -> Response:
    """Take up the file of another region."""
    async with request.form(max_files=1, max_fields=5, max_part_size=_LARGEST) as sent:
        check_form(request, str(sent.get("jeton", "")))
        file = sent.get("fichier")
        body = await file.read(_LARGEST) if file is not None and not isinstance(file, str) else b""
        numbers = Form({"numero": str(sent.get("numero", ""))})
    principal = steering(request)
    now = request.app.state.settings.clock()
    try:
        _rule(kit_of_file(body))
        await desk_of(request).register.take_up(principal, body, form_number(numbers), now)
    except InvalidRequest as error:
        problem = _("Ce fichier n’est pas un kit : %(why)s") % {"why": error.message}
        return await _page(request, problem, status=422)
    return RedirectResponse(KITS, status_code=303)


async def give(request: Request) -> Response:
    """Give a kit as the file that another region takes up."""
    either(request)
    kit = (await desk_of(request).register.kits()).get(request.path_params["kit"])
    if kit is None:
        raise NotFound("there is no such kit")
    name = f'attachment; filename="kit-{kit.code}.json"'
    return Response(
        file_of(kit), media_type="application/json", headers={"content-disposition": name}
    )


async def _page(request: Request, problem: str, *, status: int = 200) -> Response:
    steers = is_steering(either(request))
    found = sorted((await desk_of(request).register.kits()).values(), key=lambda one: one.title)
    return page(
        request, TEMPLATE, status=status, kits=[_row(one) for one in found], problem=problem,
        steers=steers, key=str(uuid4()),
    )  # fmt: skip


def _row(kit: Kit) -> dict[str, Any]:
    return {
        "kit": kit, "licence": LICENCES[kit.licence], "is_ours": kit.code in shipped(),
        "rule": _rule(kit),
        "acts": [(one.title, _alarm(one)) for one in kit.acts],
    }  # fmt: skip


def _rule(kit: Kit) -> str:
    """The rule of a kit in words; raises `InvalidRequest` for one that no compiler reads."""
    return words.criteria(criterion(kit.rule, kit.bounds, "rule"))


def _alarm(act: Any) -> str:
    """When an act asks for something, in words."""
    if act.alarms:
        return ", ".join(act.outcomes[one] for one in act.alarms)
    told = [f"≥ {number(value)} {'' if unit == '{score}' else unit}".strip()
            for unit, value in act.positive.items()]  # fmt: skip
    return _(" ou ").join(told)
