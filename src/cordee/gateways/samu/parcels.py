"""A call on its way to a centre of another installation: its case as RS-EDA, and the call itself.

What RS-EDA has no field for (age in words, the answers to our questions, the way of speaking) goes
beside it. The id that this installation gives a patient stays here. Rule: C2.5, decision 0090.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.regulation.cases import Case, Told
from cordee.care.regulation.floor import Parcel
from cordee.care.regulation.states import State
from cordee.formats.hub.envelope import Json
from cordee.gateways.samu.mapping import body_of, parcel_of

_BESIDE: Final = ("age", "onset", "seen_well", "way")
_SHORT: Final = 200
_MOST_ANSWERS: Final = 50
_STAYS: Final = "patient"


def packed(parcel: Parcel, client: str) -> Json:
    """A call as JSON; `client` is the centre that it leaves, at the Hub."""
    made: Json = {
        "line": parcel.line, "way": parcel.way, "content": _words(parcel.content), "eda": None,
    }  # fmt: skip
    if parcel.case is not None:
        case = _case(parcel.case)
        told = {name: getattr(case.told, name) for name in _BESIDE if getattr(case.told, name)}
        made |= {
            "eda": body_of(case, client, client),
            "beside": told | {"answers": dict(case.told.answers)},
            "field": case.field,
        }  # fmt: skip
    return made


def unpacked(said: Mapping[str, Any], call: UUID, since: datetime, ends: tuple[str, str]) -> Parcel:
    """A call that came, waiting since it rang at its home; `ends` are that home and its client.

    Raises `KeyError`, `TypeError` or `ValueError` for what is none.
    """
    home, client = ends
    content = _words(said["content"])
    line, way = str(said.get("line", ""))[:_SHORT] or "15", str(said.get("way", ""))
    if said.get("eda") is None:
        return Parcel(call, home, since, "", "", line, way, content)
    made = parcel_of(dict(said["eda"]), client, {client: home})
    beside = said.get("beside") or {}
    words = {name: str(beside[name])[:_SHORT] for name in _BESIDE if beside.get(name)}
    answers = list(_words(beside.get("answers") or {}).items())[:_MOST_ANSWERS]
    case: Json = {**(made.case or {}), "field": "MG" if said.get("field") == "MG" else "MU"}
    case["content"] = {**case["content"], **words, "answers": dict(answers)}
    return replace(made, id=call, since=since, line=line, way=way, content=content, case=case)


def _case(carried: Mapping[str, Any]) -> Case:
    known = {one.name for one in fields(Told)} - {_STAYS}
    told = Told(**{name: value for name, value in carried["content"].items() if name in known})
    return Case(
        carried["home"], UUID(carried["id"]), None, carried["number"], carried["home"],
        datetime.fromisoformat(carried["opened"]), State.QUALIFIED, carried["priority"],
        carried["motive"], carried["commune"], carried["field"], None, None, None, False, 1, told,
    )  # fmt: skip


def _words(said: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name)[:_SHORT]: value[: _SHORT * 10]
        for name, value in said.items()
        if isinstance(value, str) and name != _STAYS
    }
