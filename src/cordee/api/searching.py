"""Handlers of searches: by type, by compartment, over types, by form; and of operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, urlencode

from cordee.api import measuring, notifying
from cordee.api.http import Answer
from cordee.api.matching import patient_match
from cordee.api.session import Session
from cordee.fhir.interactions import compartment
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.operations import everything, lastn, stats
from cordee.fhir.search.bundle import entry_base, search_bundle
from cordee.fhir.search.query import Query, read_query
from cordee.runtime.errors import InvalidRequest, NotSupported, UnsupportedMedia

COMPARTMENTS = ("Patient", "Encounter", "RelatedPerson", "Practitioner", "Device")
_FORM = "application/x-www-form-urlencoded"
Handler = Callable[[Session], Awaitable[Answer]]


async def search_type(session: Session) -> Answer:
    """GET Type?criteria."""
    return await search_pairs(session, session.request.parts[0], session.request.query)


async def search_by_form(session: Session) -> Answer:
    """POST Type/_search: criteria of the form and of the address."""
    pairs = [*session.request.query, *await form_of(session)]
    return await search_pairs(session, session.request.parts[0], pairs)


async def search_system(session: Session) -> Answer:
    """GET of the base: a search over several types."""
    return await search_pairs(session, None, session.request.query)


async def search_system_by_form(session: Session) -> Answer:
    """POST _search."""
    return await search_pairs(session, None, [*session.request.query, *await form_of(session)])


async def search_compartment(session: Session) -> Answer:
    """GET Patient/1/Observation?criteria: a type, or `*` for all, in a compartment."""
    kind, key, wanted = session.request.parts[:3]
    pairs = list(session.request.query)
    if session.request.method == "POST":
        pairs += await form_of(session)
    query = _query(session, None if wanted == "*" else wanted, pairs)
    if wanted == "*":
        query.types = query.types or compartment.types_of(kind)
    found = await compartment.search(session.kernel, session.scope, (kind, key), query)
    body = search_bundle(found, query, session.kernel.base, "/".join(session.request.parts[:3]))
    return Answer(200, body)


async def patient_everything(session: Session) -> Answer:
    """GET Patient/id/$everything."""
    key = session.request.parts[1] if len(session.request.parts) == 3 else None  # noqa: PLR2004 -- with id
    pairs = list(session.request.query)
    if session.request.method == "POST":
        pairs += await form_of(session)
    body = await everything.patient_everything(session.kernel, session.scope, key or "", pairs)
    return Answer(200, body)


async def observation_lastn(session: Session) -> Answer:
    """GET Observation/$lastn."""
    pairs = list(session.request.query)
    if session.request.method == "POST":
        pairs += await form_of(session)
    return Answer(200, await lastn.lastn(session.kernel, session.scope, pairs))


async def observation_stats(session: Session) -> Answer:
    """GET Observation/$stats, or POST with a form or Parameters."""
    pairs = list(session.request.query)
    if session.request.method == "POST":
        media = session.request.headers.get("content-type", _FORM).partition(";")[0].strip()
        if media.lower() == _FORM:
            pairs += await form_of(session)
        else:
            pairs += stats.pairs_of(parsed(await session.request.resource()))
    return Answer(200, await stats.stats(session.kernel, session.scope, pairs))


TYPE_OPERATIONS: Mapping[tuple[str, str], Mapping[str, Handler]] = {
    ("Patient", "$match"): {"POST": patient_match},
    ("Observation", "$lastn"): {"GET": observation_lastn, "POST": observation_lastn},
    ("Observation", "$stats"): {"GET": observation_stats, "POST": observation_stats},
    **notifying.TYPE_OPERATIONS,
    **measuring.TYPE_OPERATIONS,
}
INSTANCE_OPERATIONS: Mapping[tuple[str, str], Mapping[str, Handler]] = {
    ("Patient", "$everything"): {"GET": patient_everything, "POST": patient_everything},
    **measuring.INSTANCE_OPERATIONS,
}


def conditional_criteria(session: Session) -> str:
    """Criteria of a conditional interaction, without what only shapes the answer."""
    pairs = [pair for pair in session.request.query if pair[0] not in {"_format", "_pretty"}]
    if not pairs:
        raise InvalidRequest("a conditional interaction needs search criteria")
    return urlencode(pairs)


def query_of(session: Session, resource_type: str | None, pairs: list[tuple[str, str]]) -> Query:
    """The checked query of a request, lenient where `Prefer: handling=lenient` says so."""
    return _query(session, resource_type, pairs)


async def search_pairs(
    session: Session,
    resource_type: str | None,
    pairs: list[tuple[str, str]],
) -> Answer:
    """The page of a search by these criteria."""
    query = _query(session, resource_type, pairs)
    base = session.kernel.base
    found = await session.kernel.searcher.search(query, session.scope, base=entry_base(query, base))
    return Answer(200, search_bundle(found, query, base, resource_type or ""))


def _query(session: Session, resource_type: str | None, pairs: list[tuple[str, str]]) -> Query:
    lenient = session.request.prefer.get("handling") == "lenient"
    query = read_query(resource_type, pairs, lenient=lenient)
    if any(name == "_query" for name, _ in query.criteria):
        raise NotSupported("_query: there is no named query here")
    return query


async def form_of(session: Session) -> list[tuple[str, str]]:
    """Criteria of the form in the body."""
    media = session.request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    raw = await session.request.body()
    if raw and media != _FORM:
        raise UnsupportedMedia(f"the body of a search must be {_FORM}")
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body of a search must be UTF-8") from error
