"""Register of FHIRPath functions: name to how it is called.

`eager` functions get the collections of their arguments; `lazy` ones get the compiled arguments
and the frame, to run them once per item.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cordee.fhir.path.nodes import Compiled, Frame, Nodes

Eager = Callable[..., Nodes]
Lazy = Callable[..., Nodes]


class Function(NamedTuple):
    """A function and how many arguments it takes."""

    call: Callable[[Compiled, tuple[Compiled, ...]], Compiled]
    minimum: int
    maximum: int


FUNCTIONS: dict[str, Function] = {}


def eager(name: str, minimum: int = 0, maximum: int | None = None) -> Callable[[Eager], Eager]:
    """Register a function of the focus and the values of its arguments."""

    def register(function: Eager) -> Eager:
        def call(source: Compiled, arguments: tuple[Compiled, ...]) -> Compiled:
            if not arguments:
                return lambda frame: function(source(frame))
            return lambda frame: function(
                source(frame), *[argument(frame) for argument in arguments]
            )

        FUNCTIONS[name] = Function(call, minimum, minimum if maximum is None else maximum)
        return function

    return register


def lazy(name: str, minimum: int = 0, maximum: int | None = None) -> Callable[[Lazy], Lazy]:
    """Register a function of the focus, the frame and its compiled arguments."""

    def register(function: Lazy) -> Lazy:
        def call(source: Compiled, arguments: tuple[Compiled, ...]) -> Compiled:
            def run(frame: Frame) -> Nodes:
                return function(source(frame), frame, *arguments)

            return run

        FUNCTIONS[name] = Function(call, minimum, minimum if maximum is None else maximum)
        return function

    return register
