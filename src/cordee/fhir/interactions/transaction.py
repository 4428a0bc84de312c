"""transaction: all entries or none, in one statement where no criterion asks for a search first.

Order: DELETE, POST, PUT and PATCH, then GET. Links between entries are rewritten, circles included.
Rule: https://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg

from cordee.fhir.interactions.drafting import (
    Prepared,
    deletion,
    need_admitted,
    note_loose,
    prepare,
    refuse_loose,
    refuse_unseen,
)
from cordee.fhir.interactions.entries import Entry, checked_entry, head_of, read_bundle
from cordee.fhir.interactions.governing import is_governed, write_governed
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.patching import change_of_entry
from cordee.fhir.interactions.plan import Plan, resolve
from cordee.fhir.interactions.reach import (
    is_exact,
    is_limited,
    reaches,
    refuse_another,
    refuse_foreign,
    refuse_out_of_reach,
)
from cordee.fhir.interactions.read import seen
from cordee.fhir.interactions.rewriting import conditional_references, rewritten
from cordee.fhir.interactions.write import patched
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import ABSENT, ANY_VERSION, Draft, Method
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope, Trace
from cordee.runtime.database import SEARCH_SECONDS
from cordee.runtime.errors import (
    Conflict,
    InvalidRequest,
    Issue,
    NotFound,
    ProductError,
    ResourceInvalid,
    VersionConflict,
)

_BREATH = 50
_ATTEMPTS = 5
_BOUNDED = (
    f"SET LOCAL statement_timeout = '{SEARCH_SECONDS}s'; "
    "SET LOCAL plan_cache_mode = force_custom_plan"
)
Reader = Callable[[Entry, Kernel], Awaitable[bytes]]


@dataclass(slots=True)
class Answer:
    """What an entry came to: `version` is what a write made, `read` a GET's entry as it is sent."""

    status: int
    version: Version | None = None
    read: bytes | None = None
    warnings: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Rejected:
    """An entry that an import leaves aside for a person to repair."""

    place: int
    issues: list[Issue]
    resource: bytes


@dataclass(slots=True)
class TakenIn:
    """What an import of one Bundle came to; `loose` are references that led nowhere then."""

    written: int
    rejected: list[Rejected]
    loose: set[tuple[str, str]]


async def transaction(kernel: Kernel, scope: Scope, raw: bytes, reader: Reader) -> list[Answer]:
    """Answers in the order of the entries; raises the first error and leaves nothing behind.

    `reader` performs the GET entries once the writes are done, with a kernel that is in the same
    transaction.
    """
    # Another writer was there at the same moment; a patch may also have read too early.
    passing = (Conflict, VersionConflict) if b'"PATCH"' in raw else (Conflict,)
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(*passing):
            return await _attempt(kernel, scope, raw, reader)
    return await _attempt(kernel, scope, raw, reader)


async def _attempt(kernel: Kernel, scope: Scope, raw: bytes, reader: Reader) -> list[Answer]:
    rows = read_bundle(raw).entry
    plan = Plan([checked_entry(place, row, kernel.base) for place, row in enumerate(rows)])
    for entry in plan.entries:
        _authorise(scope, entry)
    references = {
        text
        for entry in plan.entries
        if entry.resource is not None
        for text in conditional_references(entry.resource)
    }
    reads = [entry for entry in plan.entries if entry.verb in {"GET", "HEAD"}]
    async with _connection(kernel, plan, references, reads) as connection:
        await resolve(kernel, scope, plan, references, connection)
        await _draft(kernel, scope, plan, connection)
        answers = await _write(kernel, scope, plan, connection)
        if connection is not None and reads:
            await connection.execute(_BOUNDED)
            inside = kernel.within(connection)
            for entry in reads:
                answers[entry.place] = Answer(200, read=await _read(entry, inside, reader))
    kernel.publisher.wake()
    return [answers[place] for place in range(len(plan.entries))]


async def _read(entry: Entry, inside: Kernel, reader: Reader) -> bytes:
    """What the reader makes of an entry; errors name it."""
    try:
        return await reader(entry, inside)
    except ProductError as error:
        error.message = f"Bundle.entry[{entry.place}]: {error.message}"
        raise


async def take_in(kernel: Kernel, scope: Scope, raw: bytes, mark: tuple[str, str]) -> TakenIn:
    """The same, for an import: bad entries are left aside, loose references are noted.

    `mark` is (source, item): written in the same transaction, so that nothing is taken in twice.
    Raises `ResourceInvalid` when a conditional reference finds nothing yet.
    """
    rows = read_bundle(raw).entry
    plan, rejected = Plan([]), list[Rejected]()
    for place, row in enumerate(rows):
        try:
            plan.entries.append(checked_entry(place, row, kernel.base))
        except InvalidRequest as error:
            rejected.append(Rejected(place, list(error.issues()), bytes(row.resource)))
    references = {
        text for entry in plan.entries for text in conditional_references(entry.resource or b"")
    }
    async with kernel.database.transaction() as connection:
        await resolve(kernel, scope, plan, references, connection)
        await _draft(kernel, scope, plan, connection, rejected)
        await _adopt(kernel, scope, plan, connection, rejected)
        drafts = [one.draft for one in plan.drafts.values()]
        if drafts:
            trace = _trace(scope, drafts)
            await kernel.repository.write(drafts, traces=[trace], connection=connection)
        await connection.execute(
            "INSERT INTO import_done (source, item, entries) VALUES ($1, $2, $3)",
            *mark,
            len(drafts),
        )
    inside = {(draft.type, draft.id) for draft in drafts}
    loose = {need for one in plan.drafts.values() for need in one.needs} - inside
    return TakenIn(len(drafts), rejected, loose)


async def _adopt(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    connection: asyncpg.Connection,
    rejected: list[Rejected],
) -> None:
    """Has what a rule governs noted as it stands; what the rule refuses is left aside."""
    if kernel.governor is None:
        return
    governed = {
        place: one.draft for place, one in plan.drafts.items() if is_governed(kernel, [one.draft])
    }
    if not governed:
        return
    with contextlib.suppress(ProductError):
        async with connection.transaction():
            await kernel.governor(scope, list(governed.values()), connection, adopts=True)
            return
    for place, draft in governed.items():  # one of them is refused: which?
        try:
            async with connection.transaction():
                await kernel.governor(scope, [draft], connection, adopts=True)
        except ProductError as error:
            del plan.drafts[place]
            issues = [_placed(issue, place) for issue in error.issues()]
            raw = next(entry.resource for entry in plan.entries if entry.place == place)
            rejected.append(Rejected(place, issues, raw or b""))


@contextlib.asynccontextmanager
async def _connection(
    kernel: Kernel, plan: Plan, references: set[bytes], reads: Sequence[Entry]
) -> AsyncIterator[asyncpg.Connection | None]:
    """A transaction of its own where more than one statement is needed, else none."""
    searching = any(
        entry.criteria or entry.if_none_exist or entry.verb in {"DELETE", "PATCH"}
        for entry in plan.entries
    )
    if not (searching or references or reads):
        yield None
        return
    async with kernel.database.transaction() as connection:
        yield connection


def _authorise(scope: Scope, entry: Entry) -> None:
    letters = {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}
    if entry.verb in letters:
        scope.need(letters[entry.verb], entry.type)
        if entry.criteria or entry.if_none_exist:
            scope.need("s", entry.type)


async def _draft(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    connection: asyncpg.Connection | None,
    rejected: list[Rejected] | None = None,
) -> None:
    problems: list[Issue] = []
    for count, entry in enumerate(plan.entries):
        if count % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)  # other requests are served meanwhile
        if entry.place in plan.kept or entry.verb not in {"POST", "PUT", "PATCH"}:
            continue
        try:
            plan.drafts[entry.place] = await _prepared(kernel, scope, plan, entry, connection)
        except ProductError as error:
            if not isinstance(error, (InvalidRequest, ResourceInvalid)):
                raise
            issues = [_placed(issue, entry.place) for issue in error.issues()]
            if rejected is not None:
                rejected.append(Rejected(entry.place, issues, entry.resource or b""))
            problems += issues
    if problems and rejected is None:
        raise ResourceInvalid(problems)


async def _prepared(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    entry: Entry,
    connection: asyncpg.Connection | None,
) -> Prepared:
    key = plan.ids[entry.place]
    raw = rewritten(entry.resource or b"", plan.links)
    if entry.verb == "PATCH":
        current = await _current(kernel, scope, entry, key, connection)
        return patched(kernel, current, change_of_entry(raw))
    if entry.verb == "POST":
        return prepare(kernel, raw, entry.type, key)
    given = head_of(raw).id
    if given != key and (given is not None or entry.id is not None):
        raise InvalidRequest(f"{entry.type}.id: the body must carry the id of the address")
    expected = await _expected(kernel, scope, plan, entry, connection)
    return prepare(kernel, raw, entry.type, key, method=Method.PUT, expected=expected)


async def _expected(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    entry: Entry,
    connection: asyncpg.Connection | None,
) -> int:
    """The version that a PUT may replace: what the caller does not see is as if it were absent."""
    if entry.place in plan.fresh:
        return ABSENT
    limited = is_limited(scope, "u", entry.type)
    if scope.actors is None and not limited:
        return entry.if_match if entry.if_match is not None else ANY_VERSION
    found = await seen(kernel, scope, entry.type, plan.ids[entry.place], connection)
    if limited and not reaches(kernel, scope, "u", found):
        found = None
    if found is None and entry.if_match is not None:
        raise VersionConflict(f"{entry.type}: the version now is 0; there is nothing to replace")
    if found is None:
        return ABSENT
    refuse_foreign(kernel, scope, found)
    if not found.deleted and is_exact(scope, "u", entry.type):
        return refuse_another(found, entry.if_match)
    return entry.if_match if entry.if_match is not None else ANY_VERSION


async def _write(
    kernel: Kernel, scope: Scope, plan: Plan, connection: asyncpg.Connection | None
) -> dict[int, Answer]:
    deletions = await _deletions(kernel, scope, plan, connection)
    gone = {entry.place for entry in plan.entries if entry.verb == "DELETE"} - deletions.keys()
    answers = {place: Answer(204) for place in gone}
    places = [*deletions, *plan.drafts]
    drafts = [*deletions.values(), *(one.draft for one in plan.drafts.values())]
    inside = {(draft.type, draft.id) for draft in drafts if draft.rows is not None}
    needs = {need for one in plan.drafts.values() for need in one.needs} - inside
    if kernel.enforce_references:
        refuse_loose(urn for one in plan.drafts.values() for urn in one.urns)
    else:
        needs = set()
    await refuse_unseen(kernel, scope, list(plan.drafts.values()), connection)
    await need_admitted(kernel, scope, list(deletions.values()), connection)
    if drafts:
        trace = _trace(scope, drafts)
        lines = (sorted(needs), [trace])
        written = await write_governed(kernel, scope, drafts, lines, connection)
        if not kernel.enforce_references:
            await note_loose(kernel, list(plan.drafts.values()), connection)
        for place, one in zip(places, written, strict=True):
            status = 204 if one.version.deleted else 201 if one.created else 200
            warnings = plan.drafts[place].warnings if place in plan.drafts else []
            answers[place] = Answer(status, one.version, None, warnings)
    for place, key in plan.kept.items():
        kind = next(one.type for one in plan.entries if one.place == place)
        version = await seen(kernel, scope, kind, key, connection)
        answers[place] = Answer(200, version)
    return answers


async def _deletions(
    kernel: Kernel, scope: Scope, plan: Plan, connection: asyncpg.Connection | None
) -> dict[int, Draft]:
    """Drafts of the deletions that have something to delete, by place."""
    found: dict[int, Draft] = {}
    for entry in plan.entries:
        if entry.verb == "DELETE" and entry.place in plan.ids:
            current = await seen(kernel, scope, entry.type, plan.ids[entry.place], connection)
            if current is not None and reaches(kernel, scope, "d", current):
                refuse_foreign(kernel, scope, current)
                expected = entry.if_match or ANY_VERSION
                if is_exact(scope, "d", entry.type):
                    expected = refuse_another(current, entry.if_match)
                found[entry.place] = deletion(kernel, entry.type, current.id, expected)
    return found


async def _current(
    kernel: Kernel,
    scope: Scope,
    entry: Entry,
    key: str,
    connection: asyncpg.Connection | None,
) -> Version:
    current = await seen(kernel, scope, entry.type, key, connection)
    if current is None or current.deleted:
        raise NotFound(f"Bundle.entry[{entry.place}]: there is nothing to patch")
    refuse_out_of_reach(kernel, scope, "u", current)
    refuse_foreign(kernel, scope, current)
    return current


def _placed(issue: Issue, place: int) -> Issue:
    where = f"Bundle.entry[{place}].resource"
    paths = tuple(f"{where}.{path}" for path in issue.expression) or (where,)
    return Issue(issue.severity, issue.code, issue.message, paths)


def _trace(scope: Scope, drafts: Sequence[Draft]) -> Trace:
    patients = sorted({draft.patient for draft in drafts if draft.patient is not None})
    kinds = {draft.type for draft in drafts}
    number = type_number(kinds.pop()) if len(kinds) == 1 else None
    return Trace(
        scope.agent, "E", number, tuple(patients), f"transaction of {len(drafts)}", scope.acting
    )
