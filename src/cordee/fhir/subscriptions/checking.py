"""What a subscription may ask for here: of whom, by which criteria, to which address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.values import split_values, unescape
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions.conditions import make_condition
from cordee.fhir.subscriptions.definition import (
    EMPTY,
    HOOK,
    MAIL,
    NATIONAL,
    TOPIC,
    Definition,
    filters_on,
    wanted_types,
)
from cordee.fhir.subscriptions.ports import Network, Owner, Policy
from cordee.runtime.errors import InvalidRequest, Issue, NotSupported, ResourceInvalid

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_ADDRESS: Final = 2000
Pair = tuple[str, str, str, str]
"""Type, path, name and text of one criterion."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a subscription, and what they may see."""

    owner: Owner
    scope: Scope


def context_of(kernel: Kernel, scope: Scope) -> Context:
    """A context to compile criteria in, by the parts that searches use."""
    return Context(kernel.registry, kernel.keys, scope, kernel.searcher.terminology, (kernel.base,))


async def check(kernel: Kernel, policy: Policy, asking: Asking, definition: Definition) -> None:
    """Raises `ResourceInvalid` with all that is refused, `AccessDenied` for types out of reach."""
    issues = list(endpoint_problems(policy, definition))
    issues += await _criteria_problems(kernel, asking, definition)
    if issues:
        raise ResourceInvalid(issues)
    for kind in sorted(wanted_types(definition)):
        asking.scope.need("r", kind)


def endpoint_problems(policy: Policy, definition: Definition) -> Iterator[Issue]:
    """What is wrong with the address, or with what would be sent to it."""
    endpoint = definition.endpoint
    where = "channel.endpoint"
    if definition.channel == HOOK:
        problem = hook_problem(policy, endpoint)
        if problem:
            yield _issue(where, problem)
    elif definition.channel == MAIL:
        address = mail_address(endpoint)
        if policy.mailer is None:
            yield _issue("channel.type", "no electronic mail leaves from here")
        elif not address:
            yield _issue(where, "mailto: and an address is expected")
        elif _says_more(definition) and address.rpartition("@")[2] not in policy.secure_domains:
            yield _issue("channel.payload", "only an empty notification goes to this address")


def hook_problem(policy: Policy, endpoint: str) -> str:
    """Why an address cannot be called; "" when it can be, as far as it says itself."""
    try:
        parts = urlsplit(endpoint)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "this is no address"
    if parts.scheme not in {"http", "https"} or not host or len(endpoint) > _LONGEST_ADDRESS:
        return "an address such as https://example.org/notifications is expected"
    if parts.username or parts.password or port == 0:
        return "the address carries no name or password; use a header"
    if parts.scheme == "http" and not policy.plain and host not in _LOOPBACK_NAMES:
        return "the address must begin with https://"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if may_call(policy.networks, str(address)) else "this address is not called from here"


def may_call(networks: Sequence[Network], address: str) -> bool:
    """Whether an IP address is out in the world, or in a network that is allowed by name."""
    one = ipaddress.ip_address(address)
    mapped = getattr(one, "ipv4_mapped", None)
    if mapped is not None:
        one = mapped
    if any(one.version == network.version and one in network for network in networks):
        return True
    return one.is_global and not one.is_multicast


def mail_address(endpoint: str) -> str:
    """The address of a mailto:, however often that stands before it; "" for none."""
    text = endpoint
    while text.lower().startswith("mailto:"):
        text = text[7:]
    name, at, domain = text.partition("@")
    is_plain = text.isprintable() and text.isascii() and not set(text) & set(" ,;<>\"'()\\?&")
    return text if name and at and "." in domain and "@" not in domain and is_plain else ""


def _says_more(definition: Definition) -> bool:
    """Whether it asks for more in a mail than that something happened."""
    return definition.form == TOPIC and definition.content != EMPTY


async def _criteria_problems(kernel: Kernel, asking: Asking, definition: Definition) -> list[Issue]:
    context = context_of(kernel, asking.scope)
    known: dict[tuple[str, str], Issue] = {}
    pairs = list(_pairs(definition))
    for kind, path, name, text in pairs:
        problem = _reach_problem(asking, name)
        try:
            await make_condition(context, kind, [(name, text)])
        except (InvalidRequest, NotSupported) as error:
            problem = problem or error.message
        if problem:
            known.setdefault((path, problem), _issue(path, problem))
    issues = list(known.values())
    if not issues and asking.scope.actors is not None and definition.form != NATIONAL:
        issues += await _narrowness_problems(kernel, asking, pairs, wanted_types(definition))
    return issues


def _pairs(definition: Definition) -> Iterator[Pair]:
    for name, text in definition.criteria:
        yield definition.type, "criteria", name, text
    for kind in sorted(wanted_types(definition)) if definition.topic else ():
        for one in filters_on(definition, kind):
            yield kind, f"criteria.extension[{one.place}].value", one.name, one.text


def _reach_problem(asking: Asking, name: str) -> str:
    """Chains look at other resources than those that are told of: not everybody may see them."""
    is_chain = "." in name or name.startswith("_has")
    is_wide = asking.owner.is_system and "s" in asking.scope.rights.get("*", "")
    return "a chain needs the right to search all types" if is_chain and not is_wide else ""


async def _narrowness_problems(
    kernel: Kernel, asking: Asking, pairs: Sequence[Pair], kinds: frozenset[str]
) -> list[Issue]:
    """A person subscribes to patients whom they may see, or to what is addressed to them."""
    patients: set[str] = set()
    narrow: set[str] = set()
    for kind, _, name, text in pairs:
        values = {unescape(one) for one in split_values(text)}
        code, _, modifier = name.partition(":")
        of_patient = not modifier and (
            code == "patient" or code in kernel.registry.patient_parameters(kind)
        )
        of_patient = of_patient or (kind == "Patient" and name == "_id")
        if of_patient:
            patients |= {
                one.removeprefix(f"{kernel.base}/").removeprefix("Patient/") for one in values
            }
            narrow.add(kind)
        elif values and values <= asking.owner.own:
            narrow.add(kind)
    if kinds - narrow:
        return [_issue("criteria", "name a patient, yourself or your structure", "business-rule")]
    wanted = [(one, asking.scope) for one in sorted(patients)]
    seen = await kernel.repository.read_many("Patient", wanted) if wanted else []
    if any(one is None or one.deleted for one in seen):
        return [_issue("criteria", "a patient that is named leads nowhere here", "not-found")]
    return []


def _issue(path: str, message: str, code: str = "not-supported") -> Issue:
    return Issue("error", code, message, (f"Subscription.{path}",))
