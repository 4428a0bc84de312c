"""A Subscription as it was asked for, read and checked: each problem with its path.

Three forms: on a topic (R5 subscriptions in R4), on search criteria (R4), and the one of the French
guide of notifications of events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from cordee.fhir.indexing.intervals import interval
from cordee.fhir.subscriptions import canonicals
from cordee.fhir.subscriptions.conditions import checked_criteria, read_criteria
from cordee.fhir.subscriptions.topics import TYPE_FILTER, Topic, topics
from cordee.runtime.errors import InvalidRequest, Issue, ResourceInvalid

Resource = Mapping[str, Any]
TOPIC, PLAIN, NATIONAL = "topic", "plain", "national"
EMPTY, ID_ONLY, FULL = "empty", "id-only", "full-resource"
HOOK, SOCKET, MAIL, STREAM = "rest-hook", "websocket", "email", canonicals.STREAM
REQUESTED, ACTIVE, ERROR, OFF = "requested", "active", "error", "off"
JSON, XML = "application/fhir+json", "application/fhir+xml"
TIMEOUT_SECONDS: Final = 10
LONGEST_TIMEOUT: Final = 60
SHORTEST_HEARTBEAT: Final = 1
MOST_AT_ONCE: Final = 100
MOST_FILTERS: Final = 20
_VERSIONS: Final = frozenset({"4.0", "4.0.1"})
_MEDIA: Final = {
    "application/fhir+json": JSON, "application/json": JSON, "text/json": JSON,
    "application/fhir+xml": XML, "application/xml": XML, "text/xml": XML,
}  # fmt: skip
_EVENT_CODE: Final = "event-type"
_PATIENT: Final = "patient"
"""A filter on the patient of a resource; a Patient is its own."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a topic: a type where it holds for one only, then a search criterion."""

    type: str | None
    name: str
    text: str


@dataclass(slots=True)
class Definition:
    """What a subscription asks for.

    `media` is empty for a message without a body, `payload` the media type as it was written.
    """

    form: str
    channel: str
    endpoint: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    media: str = ""
    payload: str = ""
    content: str = EMPTY
    topic: Topic | None = None
    filters: list[Filter] = field(default_factory=list)
    type: str = ""
    criteria: list[tuple[str, str]] = field(default_factory=list)
    heartbeat: int = 0
    timeout: int = TIMEOUT_SECONDS
    at_once: int = 1
    ends: datetime | None = None
    status: str = REQUESTED

    @property
    def is_pulled(self) -> bool:
        """Whether the subscriber holds a connection open, and is not called."""
        return self.channel in {SOCKET, STREAM}


@dataclass(frozen=True, slots=True)
class Held:
    """A filter as a criterion on one type; `place` is its place among the filters."""

    place: int
    name: str
    text: str


def filters_on(definition: Definition, kind: str) -> list[Held]:
    """The criteria that the filters of a topic are on resources of a type."""
    found: list[Held] = []
    for place, one in enumerate(definition.filters):
        code = one.name.partition(":")[0]
        held = definition.topic.filters.get(code, frozenset()) if definition.topic else frozenset()
        if code == TYPE_FILTER or one.type not in {None, kind} or (held and kind not in held):
            continue
        if kind == "Patient" and code == _PATIENT:
            texts = [text.rpartition("/")[2] for text in one.text.split(",")]
            found.append(Held(place, "_id", ",".join(texts)))
        else:
            found.append(Held(place, one.name, one.text))
    return found


def wanted_types(definition: Definition) -> frozenset[str]:
    """Types of the resources that a subscription is told of."""
    if definition.topic is None:
        return frozenset({definition.type})
    kinds = definition.topic.types
    for one in definition.filters:
        if one.name == TYPE_FILTER:
            kinds &= frozenset(one.text.split(","))
    return kinds


class _Problems:
    """Problems as they are found; raised together."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def add(self, path: str, message: str, code: str = "value") -> None:
        self.issues.append(Issue("error", code, message, (f"Subscription.{path}",)))


def read_definition(resource: Resource) -> Definition:
    """The definition of a Subscription that is a valid R4 resource.

    Raises `ResourceInvalid` with all that is wrong, each with its path. What depends on the
    installation or on who asks is checked elsewhere.
    """
    problems = _Problems()
    channel = resource.get("channel") or {}
    form = _form(resource)
    made = Definition(form, _channel(channel, problems))
    made.endpoint = channel.get("endpoint", "")
    made.headers = list(_headers(channel, problems))
    made.media = _media(channel, form, problems)
    made.payload = channel.get("payload") or made.media
    made.status = _status(resource, problems)
    made.ends = interval(resource["end"])[1] if resource.get("end") else None
    _read_extensions(channel, made, problems)
    if form == TOPIC:
        _read_topic(resource, made, problems)
    else:
        _read_search(resource, made, problems)
    made.content = _content(channel, made, problems)
    if problems.issues:
        raise ResourceInvalid(problems.issues)
    return made


def _form(resource: Resource) -> str:
    profiles = {
        str(one).partition("|")[0] for one in (resource.get("meta") or {}).get("profile", ())
    }
    criteria = resource.get("criteria", "")
    if canonicals.NDE_SUBSCRIPTION in profiles:
        return NATIONAL
    is_event = criteria.startswith("CommunicationRequest?") and _EVENT_CODE in criteria
    if is_event and canonicals.NDE_EVENT_TYPE in set(_urls(resource)):
        return NATIONAL
    is_address = "://" in criteria.partition("?")[0] or criteria.startswith("urn:")
    return TOPIC if is_address or canonicals.PROFILE in profiles else PLAIN


def _channel(channel: Resource, problems: _Problems) -> str:
    """The channel; one of another kind is named by an extension."""
    kind = channel.get("type", "")
    for one in _extensions(channel.get("_type"), canonicals.CHANNEL):
        coding = one.get("valueCoding") or {}
        known = coding.get("system") in {None, canonicals.CHANNELS}
        if coding.get("code") == STREAM and known:
            return STREAM
        problems.add("channel.type", "this channel is not offered here", "not-supported")
    if kind not in {HOOK, SOCKET, MAIL}:
        problems.add(
            "channel.type", "rest-hook, websocket, email or a stream is offered", "not-supported"
        )
    return kind


def _headers(channel: Resource, problems: _Problems) -> Iterator[tuple[str, str]]:
    for place, text in enumerate(channel.get("header", ())):
        name, colon, value = text.partition(":")
        name, value = name.strip(), value.strip()
        is_name = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
        if not colon or not is_name or not value.isprintable() or not value.isascii():
            problems.add(f"channel.header[{place}]", "a header is written as Name: value")
        elif name.lower() in {"host", "content-length", "content-type", "transfer-encoding",
                              "connection"}:  # fmt: skip
            problems.add(f"channel.header[{place}]", f"{name} is set by the server")
        else:
            yield name, value


def _media(channel: Resource, form: str, problems: _Problems) -> str:
    """Media type of what is sent; a topic's is JSON where none is named."""
    text = channel.get("payload", "")
    if not text:
        return JSON if form != PLAIN else ""
    media, *parameters = (part.strip() for part in text.split(";"))
    known = _MEDIA.get(media.lower())
    if known is None:
        problems.add("channel.payload", f"{JSON} or {XML} is sent", "not-supported")
        return ""
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip().lower() == "fhirversion" and value.strip().strip('"') not in _VERSIONS:
            problems.add("channel.payload", "notifications are in FHIR 4.0", "not-supported")
    return known


def _status(resource: Resource, problems: _Problems) -> str:
    status = resource.get("status", REQUESTED)
    if status not in {REQUESTED, ACTIVE, OFF}:
        problems.add("status", "a subscriber asks for requested, or ends it by off")
    return OFF if status == OFF else REQUESTED


def _read_extensions(channel: Resource, made: Definition, problems: _Problems) -> None:
    period = _whole(channel, canonicals.HEARTBEAT, (SHORTEST_HEARTBEAT, 86_400), problems)
    made.heartbeat = period if made.form == TOPIC else 0
    made.timeout = (
        _whole(channel, canonicals.TIMEOUT, (1, LONGEST_TIMEOUT), problems) or TIMEOUT_SECONDS
    )
    made.at_once = _whole(channel, canonicals.MAX_COUNT, (1, 10**6), problems) or 1
    made.at_once = min(made.at_once, MOST_AT_ONCE)
    for url in _urls(channel):
        if url.startswith(canonicals.CROSS_VERSION):
            problems.add("channel.extension", "use the extensions of the backport", "not-supported")


def _whole(channel: Resource, url: str, bounds: tuple[int, int], problems: _Problems) -> int:
    for one in _extensions(channel, url):
        value = one.get("valueUnsignedInt", one.get("valuePositiveInt", one.get("valueInteger")))
        if isinstance(value, int) and bounds[0] <= value <= bounds[1]:
            return value
        problems.add(
            "channel.extension", f"{url.rpartition('/')[2]}: from {bounds[0]} to {bounds[1]}"
        )
    return 0


def _content(channel: Resource, made: Definition, problems: _Problems) -> str:
    """How much is sent: said by an extension for topics, else by whether there is a payload."""
    if made.form != TOPIC:
        return FULL if made.media else EMPTY
    codes = [
        one.get("valueCode") for one in _extensions(channel.get("_payload"), canonicals.CONTENT)
    ]
    codes = codes or [one.get("valueCode") for one in _extensions(channel, canonicals.CONTENT)]
    content = codes[0] if codes else EMPTY
    if content not in {EMPTY, ID_ONLY, FULL}:
        problems.add("channel.payload.extension", "empty, id-only or full-resource is sent",
                     "not-supported")  # fmt: skip
        return EMPTY
    return content


def _read_topic(resource: Resource, made: Definition, problems: _Problems) -> None:
    url = resource.get("criteria", "").partition("|")[0]
    made.topic = topics().get(url)
    if made.topic is None:
        problems.add(
            "criteria", "this topic is not known here; see /fhir/metadata", "not-supported"
        )
        return
    rows = _extensions(resource.get("_criteria"), canonicals.FILTER)
    if len(rows) > MOST_FILTERS:
        problems.add("criteria.extension", f"at most {MOST_FILTERS} filters")
    for place, row in enumerate(rows[:MOST_FILTERS]):
        try:
            made.filters += _filters(made.topic, row.get("valueString", ""))
        except InvalidRequest as error:
            problems.add(f"criteria.extension[{place}].value", error.message, "not-supported")
    for url in _urls(resource):
        if url.startswith(canonicals.CROSS_VERSION):
            problems.add("extension", "use the extensions of the backport", "not-supported")


def _filters(topic: Topic, text: str) -> list[Filter]:
    """`Type?name=value` or `name=value`; raises `InvalidRequest` for what the topic has not."""
    kind, mark, query = text.partition("?")
    kind, query = (kind, query) if mark else ("", text)
    if kind and kind not in topic.types:
        raise InvalidRequest("this topic has no event about such a resource")
    pairs = parse_qsl(query, keep_blank_values=True)
    checked_criteria([one for one in pairs if one[0] != TYPE_FILTER])
    if not pairs:
        raise InvalidRequest("a filter such as Encounter?patient=Patient/1 is expected")
    for name, value in pairs:
        code = name.partition(":")[0]
        if code not in topic.filters:
            raise InvalidRequest("this topic has no such filter; see its canFilterBy")
        if code == TYPE_FILTER and not set(value.split(",")) <= topic.types:
            raise InvalidRequest("this topic has no event about such a resource")
        held = topic.filters[code]
        if kind and held and kind not in held:
            raise InvalidRequest("this topic has no such filter for this resource")
    return [Filter(kind or None, name, value) for name, value in pairs]


def _read_search(resource: Resource, made: Definition, problems: _Problems) -> None:
    try:
        made.type, made.criteria = read_criteria(resource.get("criteria", ""))
    except InvalidRequest as error:
        problems.add("criteria", error.message)
    if _extensions(resource.get("_criteria"), canonicals.FILTER):
        problems.add("criteria.extension", "filters belong to topics", "not-supported")


def _extensions(holder: Resource | None, url: str) -> list[Resource]:
    return [one for one in (holder or {}).get("extension", ()) if one.get("url") == url]


def _urls(holder: Resource) -> Sequence[str]:
    return [one.get("url", "") for one in holder.get("extension", ())]
