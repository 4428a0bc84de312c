"""The roster of regulators pooled at night, by week: proposed, signed, stopped. Rule: C2.12."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.overflow.desk import centre_of
from cordee.care.overflow.pooling import Rosters, Version, in_force
from cordee.care.overflow.roster import NIGHTS, Roster, Slot, monday
from cordee.identity.principal import REGULATION, Principal
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound, ProductError, RuleBroken
from cordee.web.forms import Form, day_of, put_errors, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.overflow.words import centre_name, moment
from cordee.web.regulation.entrance import floor_of
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

PATH: Final = "/regulation/mutualisation"
PAGE: Final = "overflow/templates/rosters.html"
TURNS: Final = 2
_PHYSICIAN: Final = "10"
_TURN: Final = re.compile(r"(\d{1,2})[:hH]?([0-5]\d)? ?[-–à] ?(\d{1,2})[:hH]?([0-5]\d)?")
_DAY_MINUTES: Final = 24 * 60
_HOURS: Final = "Écrivez les heures d’un tour ainsi : 22:00-02:00."
_FIELDS: Final = {"centres": "centres", "hours": "debut", "slots": "tours"}


async def show(request: Request) -> Response:
    """Give the roster of a week; also as CSV."""
    principal, week = _principal(request), _week(request)
    found = await _rosters(request).week(centre_of(principal), week)
    if request.url.path.endswith(".csv"):
        head = [_("Nuit"), _("De"), _("À"), _("Régulateur"), _("Centre"), _("Version")]
        rows = [
            [_night(one.roster, slot.night), f"{slot.begins:%H:%M}", f"{slot.ends:%H:%M}",
             slot.name, centre_name(slot.centre), one.roster.version]
            for one in in_force(found) for slot in one.roster.slots
        ]  # fmt: skip
        return spreadsheet(f"garde-{week.isoformat()}.csv", head, rows)
    return await _page(request, _typed(found))


async def act(request: Request) -> Response:
    """Propose a version, sign one, stop or resume; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, rosters, week = _principal(request), _rosters(request), _week(request, sent)
    at, gesture = request.app.state.settings.clock(), sent["geste"]
    try:
        if gesture == "signer":
            version = int(sent["version"]) if sent["version"].isdecimal() else 0
            await rosters.sign(principal, sent["groupe"], (week, version), at)
        elif gesture in {"arreter", "reprendre"}:
            stops = gesture == "arreter"
            await rosters.stop(principal, sent["groupe"], at, stops=stops)
        else:
            seen = int(sent["vu"]) if sent["vu"].isdecimal() else 0
            await rosters.propose(principal, await _read(request, sent, week), seen, at)
    except NotFound:
        raise
    except ProductError as error:
        return await _page(request, sent, status=put_errors(sent, error, _FIELDS, "tours"))
    return RedirectResponse(f"{PATH}?semaine={week.isoformat()}", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, week = _principal(request), _week(request, form)
    own, rosters = centre_of(principal), _rosters(request)
    at = request.app.state.settings.clock()
    found = await rosters.week(own, week)
    newest = {one.roster.pool: one.roster.version for one in reversed(found)}
    standing = in_force(found)
    known = [one for one in await floor_of(request).desk.centres.all() if one != own]
    worked = [(one.roster, await rosters.nights(one.roster)) for one in standing]
    return page(
        request, PAGE, status=status, form=form, week=week, own=own,
        before=(week - timedelta(days=NIGHTS)).isoformat(),
        after=(week + timedelta(days=NIGHTS)).isoformat(),
        title=french.long_date(week), turns=range(TURNS),
        versions=[_shown(one, own, newest, one in standing) for one in found],
        others=[(one, centre_name(one)) for one in known],
        people=[
            (f"{one['centre']}/{one['agent']}", f"{one['name']}, {centre_name(one['centre'])}")
            for one in await rosters.regulators([own, *known], at)
            if "médecin" in one["role"]
        ],
        days=[(n, french.weekday(week + timedelta(days=n))) for n in range(NIGHTS)],
        worked=[_report(roster, rows) for roster, rows in worked],
        may_sign=principal.profession == _PHYSICIAN,
    )  # fmt: skip


def _shown(
    one: Version, own: str, newest: Mapping[str, int], stands: bool
) -> dict[str, Any]:  # fmt: skip
    roster = one.roster
    gaps = [
        f"{_night(roster, n)} : {first.astimezone(PARIS):%H:%M} – {last.astimezone(PARIS):%H:%M}"
        for n in range(NIGHTS) for first, last in roster.gaps(n)
    ]  # fmt: skip
    return {
        "pool": roster.pool, "version": roster.version, "stands": stands,
        "name": ", ".join(centre_name(key) for key in roster.centres),
        "hours": f"{roster.begins:%H:%M} – {roster.ends:%H:%M}",
        "signed": [(centre_name(key), name) for key, name in sorted(roster.signed.items())],
        "stopped": [(centre_name(key), name) for key, name in sorted(one.stopped.items())],
        "is_signed": roster.is_signed, "is_stopped": own in one.stopped,
        "is_newest": newest[roster.pool] == roster.version,
        "signs": newest[roster.pool] == roster.version and own not in roster.signed,
        "by": one.by, "at": moment(one.proposed), "gaps": gaps,
        "turns": [
            (_night(roster, slot.night), f"{slot.begins:%H:%M} – {slot.ends:%H:%M}", slot.name,
             centre_name(slot.centre))
            for slot in sorted(roster.slots, key=roster.turn)
        ],
    }  # fmt: skip


def _report(roster: Roster, rows: Sequence[Any]) -> dict[str, Any]:
    return {
        "name": ", ".join(centre_name(key) for key in roster.centres),
        "rows": [
            (_night(roster, one.night), centre_name(one.centre), one.cases, one.waiting,
             _seconds(one.median), _seconds(one.p90), one.pooled)
            for one in rows if one.cases
        ],
    }  # fmt: skip


async def _read(request: Request, sent: Form, week: date) -> Roster:
    """The roster that a form tells; raises `ResourceInvalid` by its `check`."""
    own = centre_of(_principal(request))
    known = await floor_of(request).desk.centres.all()
    others = [one for one in known if one != own and sent[f"centre-{one}"]]
    at = request.app.state.settings.clock()
    names = {
        f"{one['centre']}/{one['agent']}": one
        for one in await _rosters(request).regulators([own, *others], at)
    }
    begins, ends = _hour(sent["debut"]), _hour(sent["fin"])
    slots = [
        Slot(n, *_hours(sent[f"heures-{n}-{k}"], (begins, ends)),
             str(who["agent"]), str(who["name"]), str(who["centre"]))
        for n in range(NIGHTS) for k in range(TURNS)
        if (who := names.get(sent[f"qui-{n}-{k}"])) is not None
    ]  # fmt: skip
    return Roster((own, *others), week, 0, begins, ends, tuple(slots))


def _typed(found: Sequence[Version]) -> Form:
    """The form, filled with the newest version of the week."""
    form = Form({"debut": "20:00", "fin": "08:00", "vu": "0"})
    if not found:
        return form
    roster = max((one.roster for one in found), key=lambda one: one.version)
    values = {"debut": f"{roster.begins:%H:%M}", "fin": f"{roster.ends:%H:%M}"}
    values |= {"vu": str(roster.version)} | {f"centre-{one}": "oui" for one in roster.centres}
    for n in range(NIGHTS):
        for k, slot in enumerate([one for one in roster.slots if one.night == n][:TURNS]):
            values[f"qui-{n}-{k}"] = f"{slot.centre}/{slot.agent}"
            if (slot.begins, slot.ends) != (roster.begins, roster.ends):
                values[f"heures-{n}-{k}"] = f"{slot.begins:%H:%M}-{slot.ends:%H:%M}"
    return Form(values)


def _rosters(request: Request) -> Rosters:
    found: Rosters | None = request.app.state.ports.rosters
    if found is None:
        raise NotFound("there is no roster here")
    return found


def _principal(request: Request) -> Principal:
    principal: Principal = signed_in(request).principal
    if REGULATION not in principal.functions:
        raise NotFound("there is no roster here")
    return principal


def _week(request: Request, form: Form | None = None) -> date:
    text = (form["semaine"] if form else "") or request.query_params.get("semaine", "")
    today = request.app.state.settings.clock().astimezone(PARIS).date()
    return monday(day_of(text) or today)


def _night(roster: Roster, number: int) -> str:
    return french.weekday(roster.week + timedelta(days=number))


def _hours(text: str, night: tuple[time, time]) -> tuple[time, time]:
    """The hours of a turn, `22:00-02:00` or `22h-2h`; of nothing the whole night.

    Raises `RuleBroken` for what is none.
    """
    if not text.strip():
        return night
    found = _TURN.fullmatch(text.strip())
    if found is None:
        raise RuleBroken(_HOURS, expression=("tours",))
    hours = [int(found[n]) * 60 + int(found[n + 1] or 0) for n in (1, 3)]
    if max(hours) >= _DAY_MINUTES:
        raise RuleBroken(_HOURS, expression=("tours",))
    begins, ends = (time(*divmod(one, 60)) for one in hours)
    return begins, ends


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return time()


def _seconds(value: float | None) -> str:
    return "" if value is None else str(round(value))


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
]
