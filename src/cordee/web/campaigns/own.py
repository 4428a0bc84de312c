"""One's own patients to invite: listed, invited or not with why; letters to print. G3.3, G3.4.

Names are read through the guard and are on these pages alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.campaign import CHANNELS, Campaign
from cordee.care.campaigns.sending import PATH as LINK
from cordee.care.campaigns.targeting import MOTIVES, Decision, Person
from cordee.care.record.traits import read_traits
from cordee.runtime import french
from cordee.runtime.clock import today
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from cordee.web.campaigns.entrance import PATH, campaign_of, desk_of
from cordee.web.forms import Form, place_of, read_form
from cordee.web.language import gettext as _
from cordee.web.persons import describe
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker
from cordee.web.sheets import spreadsheet

OWN: Final = "campaigns/templates/own.html"
LETTERS: Final = "campaigns/templates/letters.html"
PAGE: Final = 40
_REFUSED: Final = (RuleBroken, Conflict, NotFound)
_ENDS: Final = {
    "": _("à décider"), "invited": _("invité"), "excluded": _("non invité"),
    "reached": _("message lu"), "booked": _("rendez-vous pris"), "done": _("acte fait"),
    "positive": _("résultat à suivre"), "linked": _("suite donnée"),
}  # fmt: skip
_SENDINGS: Final = {
    "waiting": _("à envoyer"), "sent": _("envoyé"), "failed": _("non remis"),
    "printed": _("imprimé"),
}  # fmt: skip


async def show(request: Request) -> Response:
    """Give the list, in pages of 40; also as CSV."""
    campaign = await campaign_of(request)
    if request.url.path.endswith(".csv"):
        return _sheet(campaign, await _people(request, campaign))
    return await _page(request, campaign, Form())


async def act(request: Request) -> Response:
    """List one's own patients, or decide."""
    sent = await read_form(request, most=200)
    principal, targeting = asker(request).principal, desk_of(request).targeting
    campaign = await campaign_of(request)
    now = request.app.state.settings.clock()
    try:
        if sent["geste"] == "lister":
            await targeting.list_own(principal, campaign, now)
        elif sent["geste"] == "tous":
            said = _everybody(campaign, await targeting.people(principal, campaign))
            await targeting.decide(principal, campaign, said, now)
        else:
            await targeting.decide(principal, campaign, _decisions(sent), now)
    except _REFUSED as error:
        sent.errors["liste"] = error.message if not isinstance(error, NotFound) else _(
            "Une de ces personnes n’est plus dans votre liste : relisez-la."
        )  # fmt: skip
        return await _page(request, campaign, sent, status=error.status)
    first = place_of(sent["depuis"])
    return RedirectResponse(f"{PATH}/{campaign.id}/mes-patients?depuis={first}", status_code=303)


async def letters(request: Request) -> Response:
    """Give the letters to print, one a page; they are noted as printed."""
    await read_form(request)
    principal, desk = asker(request).principal, desk_of(request)
    campaign = await campaign_of(request)
    now = request.app.state.settings.clock()
    found = await desk.targeting.letters(principal, campaign, now)
    site = f"{request.url.scheme}://{request.url.netloc}"
    answer = page(
        request, LETTERS, campaign=campaign, today=french.long_date(now.date()),
        sender=principal.name, letters=[
            {
                "name": describe(read_traits(one.patient), now.date()),
                "lines": _address(one.patient),
                "words": campaign.kit.invitations[one.row["variant"] or "A"],
                "link": f"{site}{LINK}{secret}",
            }
            for one, secret in found
        ],
    )  # fmt: skip
    answer.headers["cache-control"] = "no-store, private"
    return answer


async def _people(request: Request, campaign: Campaign) -> list[Person]:
    return await desk_of(request).targeting.people(asker(request).principal, campaign)


async def _page(request: Request, campaign: Campaign, form: Form, *, status: int = 200) -> Response:
    if not campaign.is_open:
        raise AccessDenied("this campaign is not open")
    found = await _people(request, campaign)
    now = request.app.state.settings.clock()
    text = form["depuis"] or request.query_params.get("depuis", "0")
    first = place_of(text, len(found))
    first -= first % PAGE
    return page(
        request, OWN, status=status, form=form, campaign=campaign, path=f"{PATH}/{campaign.id}",
        rows=[_row(one, campaign, now, form) for one in found[first : first + PAGE]],
        first=first, total=len(found), older=first + PAGE if first + PAGE < len(found) else None,
        newer=first - PAGE if first else None, letters=sum(_is_letter(one) for one in found),
        undecided=len(_everybody(campaign, found)),
        counts=_counts(found),
    )  # fmt: skip


def _row(one: Person, campaign: Campaign, now: Any, form: Form) -> dict[str, Any]:
    row = one.row
    return {
        "key": one.key, "person": describe(read_traits(one.patient), now.date()),
        "end": _ENDS[_end(row)], "level": "caution" if _end(row) == "positive" else "",
        "sending": _SENDINGS.get(row["sending"], ""),
        "motive": _(MOTIVES[row["motive"]]) if row["motive"] else "",
        "refuses": bool(row["refuses"] or row["stopped"]),
        "is_open": row["word"] != "invited" and row["territory"] in campaign.active,
        "choices": _choices(one, campaign), "chosen": form[f"p-{one.key}"],
        "task": row["task"],
    }  # fmt: skip


def _choices(one: Person, campaign: Campaign) -> list[tuple[str, str]]:
    channels = [
        (f"i:{code}", _("Inviter : %(how)s") % {"how": _(CHANNELS[code])})
        for code in campaign.told.channels
        if code != "sms" or one.has_mobile
    ]
    motives = [
        (f"x:{code}", _("Ne pas inviter : %(why)s") % {"why": _(text)})
        for code, text in MOTIVES.items()
    ]
    return [*(() if one.row["refuses"] or one.row["stopped"] else channels), *motives]


def _decisions(sent: Form) -> list[Decision]:
    found: list[Decision] = []
    for name, value in sent.values.items():
        kind, _bar, code = value.partition(":")
        if not name.startswith("p-") or not value:
            continue
        key = name.removeprefix("p-")
        if kind == "i":
            found.append(Decision(key, "invited", channel=code))
        else:
            found.append(Decision(key, "excluded", motive=code))
    return found


def _everybody(campaign: Campaign, people: Sequence[Person]) -> list[Decision]:
    """All who are left: a text where there is a mobile, else the next channel."""
    channels = campaign.told.channels
    others = [one for one in channels if one != "sms"]
    found: list[Decision] = []
    for one in people:
        if one.row["word"] or one.row["refuses"] or one.row["stopped"]:
            continue
        if one.row["territory"] not in campaign.active:
            continue
        if one.has_mobile and "sms" in channels:
            found.append(Decision(one.key, "invited", channel="sms"))
        elif others:
            found.append(Decision(one.key, "invited", channel=others[0]))
    return found


def _end(row: Any) -> str:
    if row["done"]:
        if not row["positive"]:
            return "done"
        return "linked" if row["is_followed"] else "positive"
    if row["booked"]:
        return "booked"
    return "reached" if row["opened"] else str(row["word"])


def end_of(row: Any) -> str:
    """Where a person is in a campaign, in words."""
    return str(_ENDS[_end(row)])


def _is_letter(one: Person) -> bool:
    row = one.row
    return row["channel"] == "letter" and row["word"] == "invited" and not row["refuses"]


def _counts(found: Sequence[Person]) -> list[tuple[str, int]]:
    """One's own patients by where they are: whole, they are one's own."""
    ends = [_end(one.row) for one in found]
    return [(label, ends.count(end)) for end, label in _ENDS.items() if end in ends]


def _address(patient: Any) -> list[str]:
    given = next((one for one in patient.get("address", ()) if one.get("use") != "old"), {})
    town = " ".join(filter(None, (given.get("postalCode", ""), given.get("city", ""))))
    return [*given.get("line", ()), *([town] if town else ())]


def _sheet(campaign: Campaign, found: Sequence[Person]) -> Response:
    head = [
        _("Nom de naissance"), _("Prénom"), _("Né(e) le"), _("Décision"), _("Motif"), _("Canal"),
        _("Où en est-on"), _("Envoi"),
    ]  # fmt: skip
    lines: list[list[str]] = []
    for one in found:
        person, row = describe(read_traits(one.patient), today()), one.row
        lines.append(
            [
                person.birth_name, person.first_name, person.born, _ENDS[row["word"]],
                _(MOTIVES[row["motive"]]) if row["motive"] else "",
                _(CHANNELS[row["channel"]]) if row["channel"] else "",
                _ENDS[_end(row)], _SENDINGS.get(row["sending"], ""),
            ]
        )  # fmt: skip
    return spreadsheet(f"campagne-{campaign.kit.code}.csv", head, lines)
