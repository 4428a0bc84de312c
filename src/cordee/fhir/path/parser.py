"""FHIRPath text to tree, by precedence climbing over the whole N1 grammar.

Rule: https://hl7.org/fhirpath/N1/#operator-precedence and its appendix B.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from cordee.fhir.path.lexer import Token, tokens, unquoted
from cordee.fhir.path.tree import (
    Binary,
    Call,
    Empty,
    Environment,
    Indexer,
    Literal,
    Member,
    Tree,
    TypeTest,
    Unary,
    Variable,
)
from cordee.runtime.errors import InvalidRequest

_LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<=", "<", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_BINDING = {name: level for level, names in enumerate(_LEVELS) for name in names}
_TYPE_LEVEL = _BINDING["is"]
_UNARY_LEVEL = len(_LEVELS)
_DEEPEST = 100
_RESERVED = {"and", "or", "xor", "implies", "div", "mod", "true", "false"}
CALENDAR_UNITS = {
    unit
    for stem in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for unit in (stem, stem + "s")
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Tree of one FHIRPath expression.

    Raises `InvalidRequest` with the position when `text` is no expression.
    """
    return _Parser(text).whole()


class _Parser:
    """A cursor over the words."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._expression(0)
        if self._next.kind != "end":
            self._refuse()
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _took(self, symbol: str) -> bool:
        if self._next.kind == "symbol" and self._next.text == symbol:
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._took(symbol):
            self._refuse(f"{symbol!r} is missing")

    def _refuse(self, why: str = "") -> NoReturn:
        token = self._next
        what = why or (f"{token.text!r} cannot stand" if token.text else "the end comes too early")
        raise InvalidRequest(f"FHIRPath: {what}, at character {token.position + 1}")

    def _expression(self, level: int) -> Tree:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse("the expression is nested too deeply")
        left = self._unary()
        while True:
            token = self._next
            binding = _BINDING.get(token.text) if token.kind in {"symbol", "word"} else None
            if binding is None or binding < level:
                self._depth -= 1
                return left
            self._at += 1
            if binding == _TYPE_LEVEL:
                left = TypeTest(token.text, left, self._type_name())
            else:
                left = Binary(token.text, left, self._expression(binding + 1))

    def _unary(self) -> Tree:
        if self._took("-"):
            return Unary("-", self._expression(_UNARY_LEVEL))
        if self._took("+"):
            return Unary("+", self._expression(_UNARY_LEVEL))
        return self._postfix(self._term())

    def _postfix(self, tree: Tree) -> Tree:
        while True:
            if self._took("."):
                tree = self._invocation(tree)
            elif self._took("["):
                index = self._expression(0)
                self._expect("]")
                tree = Indexer(tree, index)
            else:
                return tree

    def _term(self) -> Tree:
        token = self._next
        if self._took("("):
            tree = self._expression(0)
            self._expect(")")
            return tree
        if self._took("{"):
            self._expect("}")
            return Empty()
        if token.kind == "environment":
            self._at += 1
            name = token.text[1:]
            return Environment(unquoted(name) if name[0] in "`'\"" else name)
        literal = self._literal(token)
        return literal if literal is not None else self._invocation(None)

    def _literal(self, token: Token) -> Tree | None:
        if token.kind == "number":
            return self._number()
        if token.kind in {"word"} and token.text in {"true", "false"}:
            self._at += 1
            return Literal("Boolean", token.text == "true")
        if token.kind == "string":
            self._at += 1
            return Literal("String", unquoted(token.text))
        kinds = {"date": ("Date", 1), "datetime": ("DateTime", 1), "time": ("Time", 2)}
        if token.kind in kinds:
            self._at += 1
            kind, start = kinds[token.kind]
            return Literal(kind, token.text[start:])
        return None

    def _number(self) -> Literal:
        text = self._take().text.rstrip("L")
        unit = self._next
        if unit.kind == "string":
            self._at += 1
            return Literal("Quantity", (Decimal(text), unquoted(unit.text)))
        if unit.kind == "word" and unit.text in CALENDAR_UNITS:
            self._at += 1
            return Literal("Quantity", (Decimal(text), unit.text))
        return Literal("Decimal", Decimal(text)) if "." in text else Literal("Integer", int(text))

    def _invocation(self, source: Tree | None) -> Tree:
        token = self._next
        if token.kind == "variable":
            self._at += 1
            variable = Variable(token.text[1:])
            return variable if source is None else Call(source, "select", (variable,), 0)
        name = self._identifier()
        if token.kind == "word" and self._took("("):
            return Call(source, name, self._arguments(), token.position)
        return Member(source, name)

    def _arguments(self) -> tuple[Tree, ...]:
        if self._took(")"):
            return ()
        arguments = [self._expression(0)]
        while self._took(","):
            arguments.append(self._expression(0))
        self._expect(")")
        return tuple(arguments)

    def _identifier(self) -> str:
        token = self._next
        if token.kind == "name":
            self._at += 1
            return unquoted(token.text)
        if token.kind != "word" or token.text in _RESERVED:
            self._refuse()
        self._at += 1
        return token.text

    def _type_name(self) -> str:
        name = self._identifier()
        while self._took("."):
            name += "." + self._identifier()
        return name
