"""The topics that may be subscribed to: files of `profiles/topics`, in the form of R5.

Rule: http://hl7.org/fhir/R5/subscriptiontopic.html, triggers on resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson

from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.resources import data_folder

CREATE, UPDATE, DELETE = "create", "update", "delete"
_INTERACTIONS: Final = (CREATE, UPDATE, DELETE)
_PASSES: Final = "test-passes"
TYPE_FILTER: Final = "_type"
"""A filter of ours, on topics of several types: those that are wanted."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes an event: writes of a type, whose versions meet criteria.

    `previous` and `current` are search criteria on the version before and after the write;
    `created` and `deleted` say what counts where there is no such version; `path` is a FHIRPath of
    `%previous` and `%current`. A trigger is known by its topic and place.
    """

    topic: str
    place: int
    type: str
    interactions: frozenset[str]
    previous: str = ""
    current: str = ""
    created: bool = False
    deleted: bool = False
    both: bool = False
    path: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether every such write is an event."""
        return not (self.previous or self.current or self.path)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic; `filters` gives the types that a filter holds for, empty for all of the topic."""

    url: str
    title: str
    triggers: tuple[Trigger, ...]
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def types(self) -> frozenset[str]:
        """Types of the resources that events are about."""
        return frozenset(one.type for one in self.triggers)


@cache
def topics() -> Mapping[str, Topic]:
    """The topics of this software, by canonical address."""
    files = data_folder("profiles").joinpath("topics").iterdir()
    rows = sorted((one.name, one.read_bytes()) for one in files if one.name.endswith(".json"))
    found = [read_topic(orjson.loads(raw)) for _, raw in rows]
    return {one.url: one for one in found}


def read_topic(resource: Mapping[str, Any]) -> Topic:
    """A SubscriptionTopic of R5; raises `InvalidRequest` that names what cannot be used."""
    url = resource["url"]
    triggers = tuple(
        _trigger(url, place, row) for place, row in enumerate(resource.get("resourceTrigger", ()))
    )
    if not triggers:
        raise InvalidRequest(f"{url}: only triggers on resources are known here")
    filters: dict[str, frozenset[str]] = {}
    for row in resource.get("canFilterBy", ()):
        kinds = {_type_of(row["resource"])} if row.get("resource") else set()
        filters[row["filterParameter"]] = filters.get(row["filterParameter"], frozenset()) | kinds
    return Topic(url, resource.get("title", url), triggers, filters)


def _trigger(url: str, place: int, row: Mapping[str, Any]) -> Trigger:
    query = row.get("queryCriteria", {})
    interactions = frozenset(row.get("supportedInteraction") or _INTERACTIONS)
    if not interactions <= set(_INTERACTIONS):
        raise InvalidRequest(f"{url}: an interaction is create, update or delete")
    return Trigger(
        topic=url,
        place=place,
        type=_type_of(row["resource"]),
        interactions=interactions,
        previous=query.get("previous", ""),
        current=query.get("current", ""),
        created=query.get("resultForCreate") == _PASSES,
        deleted=query.get("resultForDelete") == _PASSES,
        both=query.get("requireBoth", False),
        path=row.get("fhirPathCriteria", ""),
    )


def _type_of(text: str) -> str:
    """A resource type, also where it is named by its definition."""
    kind = text.rpartition("/")[2]
    if kind not in RESOURCE_TYPES:
        raise InvalidRequest(f"{kind}: there is no such resource type")
    return kind
