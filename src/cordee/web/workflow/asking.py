"""The first form of a request, made from the facts that its machine needs to begin."""

from __future__ import annotations

from typing import Any, Final

from cordee.care.workflow.machines import Machine
from cordee.web.forms import Form
from cordee.web.workflow.moving import FieldView, fact_field, fact_value, field_name

START: Final = "debut"


def start_fields(machine: Machine, form: Form) -> list[FieldView]:
    """The fields of what a request needs, then of what it may carry, as they were typed."""
    start = machine.start
    return [
        fact_field(START, name, machine.facts[name], form[field_name(START, name)])
        for name in (*start.needs, *start.takes)
    ]


def start_facts(machine: Machine, form: Form) -> dict[str, Any]:
    """What was sent; raises `RuleBroken` for what cannot be read."""
    start = machine.start
    found = {
        name: fact_value(machine.facts[name], form[field_name(START, name)])
        for name in (*start.needs, *start.takes)
    }
    return {name: value for name, value in found.items() if value not in ("", None)}


def start_errors(machine: Machine, form: Form) -> dict[str, str]:
    """The sentence of each fact that is needed and was not given, by the name of its field."""
    facts = start_facts(machine, form)
    return {
        field_name(START, name): machine.facts[name].missing
        for name in machine.start.needs
        if name not in facts
    }
