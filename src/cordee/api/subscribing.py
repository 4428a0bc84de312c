"""Handlers of Subscription: an owner reads and changes their own, a system every one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Final

import orjson

from cordee.api import interacting, searching
from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.fhir.interactions import write as writing
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.interactions.entries import version_of_etag
from cordee.fhir.interactions.patching import change_of
from cordee.fhir.store.identifiers import new_id
from cordee.fhir.subscriptions.checking import Asking
from cordee.fhir.subscriptions.engine import Subscriptions
from cordee.fhir.subscriptions.ports import Owner
from cordee.identity.principal import Principal
from cordee.runtime.errors import NotFound, NotSupported, Unavailable

KIND: Final = "Subscription"
_NOBODY: Final = "-" * 65
"""No resource has such an id."""
Handler = Callable[[Session], Awaitable[Answer]]


def owner_of(principal: Principal) -> Owner:
    """A caller as the owner of what they ask for."""
    told = asdict(principal) | {"functions": sorted(principal.functions)}
    own = frozenset({principal.practitioner, principal.structure} - {""})
    return Owner(principal.user, principal.client, told, principal.is_system, own)


def opened(session: Session) -> Session:
    """The session with the rights on Subscription that its token carries.

    The guard closes the type to persons, so that no other way leads to the subscriptions of others.
    """
    only = {kind: letters for kind, letters in session.scope.only.items() if kind != KIND}
    return replace(session, scope=replace(session.scope, only=only))


def asking(session: Session) -> Asking:
    """Who asks, with those rights."""
    return Asking(owner_of(session.principal), opened(session).scope)


def engine_of(session: Session) -> Subscriptions:
    """The engine of this process; raises `Unavailable` where none runs."""
    if session.subscriptions is None:
        raise Unavailable("no subscription is served by this process")
    return session.subscriptions


async def create(session: Session) -> Answer:
    """POST Subscription."""
    raw = await session.request.resource()
    criteria = session.request.headers.get("if-none-exist")
    if criteria is not None:
        _need_system(session)
    made = await engine_of(session).register.create(asking(session), raw, criteria=criteria)
    return interacting.written(session, made)


async def update(session: Session) -> Answer:
    """PUT Subscription/id."""
    raw = await session.request.resource()
    made = await engine_of(session).register.update(
        asking(session), session.request.parts[1], raw, if_match=_if_match(session)
    )
    return interacting.written(session, made)


async def patch(session: Session) -> Answer:
    """PATCH Subscription/id."""
    request = session.request
    change = change_of(request.headers.get("content-type", ""), await request.body())
    made = await engine_of(session).register.patch(
        asking(session), request.parts[1], change, if_match=_if_match(session)
    )
    return interacting.written(session, made)


async def delete(session: Session) -> Answer:
    """DELETE Subscription/id: what waits for it is gone too."""
    await engine_of(session).register.delete(
        asking(session), session.request.parts[1], if_match=_if_match(session)
    )
    return Answer(204)


async def read(session: Session) -> Answer:
    """GET Subscription/id, and its versions."""
    await _own(session)
    return await interacting.read(opened(session))


async def vread(session: Session) -> Answer:
    """GET Subscription/id/_history/n."""
    await _own(session)
    return await interacting.vread(opened(session))


async def history(session: Session) -> Answer:
    """GET Subscription/id/_history."""
    await _own(session)
    return await interacting.instance_history(opened(session))


async def search(session: Session) -> Answer:
    """GET Subscription?criteria: those of who asks."""
    return await _search(session, list(session.request.query))


async def search_by_form(session: Session) -> Answer:
    """POST Subscription/_search."""
    pairs = [*session.request.query, *await searching.form_of(session)]
    return await _search(session, pairs)


async def conditional_update(session: Session) -> Answer:
    """PUT Subscription?criteria, of a system."""
    _need_system(session)
    raw = await session.request.resource()
    criteria = searching.conditional_criteria(session)
    key = await writing.conditional_id(session.kernel, session.scope, KIND, criteria)
    resource = parsed(raw)
    resource["id"] = key or resource.get("id") or new_id()
    made = await engine_of(session).register.update(
        asking(session), resource["id"], orjson.dumps(resource), if_match=_if_match(session)
    )
    return interacting.written(session, made)


async def conditional_delete(session: Session) -> Answer:
    """DELETE Subscription?criteria, of a system: none or one match."""
    _need_system(session)
    criteria = searching.conditional_criteria(session)
    key = await writing.conditional_id(session.kernel, session.scope, KIND, criteria)
    if key is not None:
        await engine_of(session).register.delete(asking(session), key)
    return Answer(204)


async def conditional_patch(session: Session) -> Answer:
    """PATCH Subscription?criteria, of a system."""
    _need_system(session)
    criteria = searching.conditional_criteria(session)
    key = await writing.conditional_id(session.kernel, session.scope, KIND, criteria)
    if key is None:
        raise NotFound(f"{KIND}: nothing meets these criteria")
    request = replace(session.request, parts=[KIND, key])
    return await patch(replace(session, request=request))


async def _search(session: Session, pairs: list[tuple[str, str]]) -> Answer:
    who, inside = asking(session), opened(session)
    if not who.owner.is_system:
        who.scope.need("s", KIND)
        ids = await engine_of(session).register.ids(who)
        pairs = [*pairs, ("_id", ",".join(ids) or _NOBODY)]
    return await searching.search_pairs(inside, KIND, pairs)


async def _own(session: Session) -> None:
    await engine_of(session).register.owned(asking(session), session.request.parts[1])


def _need_system(session: Session) -> None:
    """Conditions would tell of the subscriptions of others."""
    if not session.principal.is_system:
        raise NotSupported("conditional interactions on Subscription are for systems")


def _if_match(session: Session) -> int | None:
    tag = session.request.headers.get("if-match")
    return version_of_etag(tag) if tag else None


TYPE_ROUTES: Final[Mapping[str, Handler]] = {
    "GET": search, "POST": create, "PUT": conditional_update, "PATCH": conditional_patch,
    "DELETE": conditional_delete,
}  # fmt: skip
BELOW_TYPE: Final[Mapping[str, Mapping[str, Handler]]] = {
    "_search": {"POST": search_by_form},
    "_history": {"GET": interacting.type_history},
}
INSTANCE_ROUTES: Final[Mapping[str, Handler]] = {
    "GET": read, "PUT": update, "PATCH": patch, "DELETE": delete,
}  # fmt: skip
HISTORY_ROUTES: Final[Mapping[int, Mapping[str, Handler]]] = {
    0: {"GET": history},
    1: {"GET": vread},
}
