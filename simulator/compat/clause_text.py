"""Clause text: ``one_of(a,b)``, ``i915-GVTg_V5_{n:int:1,2}``, ``{n}/2``. See docs/language.md."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from simulator.compat.rule import (
    OPERATORS,
    AbsentClause,
    AnyClause,
    Clause,
    EmptyClause,
    Equal,
    OneOf,
    Range,
    Subset,
    Superset,
    VersionClause,
)
from simulator.compat.template import Reference, Scaled, Template, Variable
from simulator.errors import TextError
from simulator.values import INT_MAX, INT_MIN, Value, parse_value

__all__ = ["MAX_FACTOR", "MAX_VARIABLES", "MAX_VARIABLES_A_VALUE", "parse_clause"]

MAX_VARIABLES = 16
"""Variables in one object. Ours."""
MAX_VARIABLES_A_VALUE = 2
"""Different variables in one value, so that solving stays cheap. Ours."""
MAX_FACTOR = 2**31 - 1
"""The highest k in ``{v}*k`` and ``{v}/k``. Ours."""

_GRAMMAR = r"""
    start: operator | value
    operator: OPEN [item ("," item)*] ")"
    item: QUOTED | BARE
    value: atom*
    ?atom: LITERAL | QUOTED | reference | declaration
    reference: "{" VARIABLE "}"
    declaration: "{" VARIABLE ":" (INT ints | STRING strings) "}"
    ints: ":" ENTRY ("," ENTRY)*
    strings: ":" QUOTED ("," QUOTED)*
    OPEN.2: /[a-z_]+\(/
    INT.2: "int"
    STRING.2: "string"
    VARIABLE: /[A-Za-z_][A-Za-z0-9_]*/
    ENTRY: /-?[0-9]+(--?[0-9]+)?/
    QUOTED: /"[^"\\\x00-\x1f\x7f]*(\\["\\][^"\\\x00-\x1f\x7f]*)*"/
    LITERAL: /[^ \x00-\x1f\x7f"#{}()\\]+/
    BARE: /[^ \x00-\x1f\x7f"#{}(),\\]+/
"""

_SHORT = 200
"""Characters of a text that is worth remembering."""

_TERMINALS = MappingProxyType(
    {
        "OPEN": "an operator",
        "INT": "int",
        "STRING": "string",
        "VARIABLE": "the name of a variable",
        "ENTRY": "an integer or a range such as 2-9",
        "QUOTED": "a quoted text",
        "LITERAL": "a value",
        "BARE": "a value",
        "LBRACE": "'{'",
        "RBRACE": "'}'",
        "RPAR": "')'",
        "COMMA": "','",
        "COLON": "':'",
        "$END": "the end",
    }
)

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_ENTRY = re.compile(r"(-?[0-9]+)(?:-(-?[0-9]+))?")
_FACTOR = re.compile(r"([*/])(0|[1-9][0-9]*)")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    """Build the parser on first use; it holds no state between texts."""
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


@lru_cache(maxsize=4096)
def _tree(text: str) -> Tree[Token]:
    """Parse; devices of one fleet repeat each other's texts."""
    return cast("Tree[Token]", _parser().parse(text).children[0])


def parse_clause(
    text: str, kind: str, variables: Mapping[str, Variable]
) -> tuple[Clause, Mapping[str, Variable]]:
    """
    Read one clause.

    Args:
        text: Clause text.
        kind: The kind of the attribute.
        variables: What the clauses before this one in the same object have declared.

    Returns:
        The clause, and *variables* with what it declares.

    Raises:
        TextError: At the first mistake.
    """
    try:
        body = _tree(text) if len(text) <= _SHORT else _tree.__wrapped__(text)
    except UnexpectedInput as error:
        raise _explain(text, error) from None
    if body.data == "operator":
        return _operator(text, kind, body), variables
    return _value(text, kind, body, variables)


def _explain(text: str, error: UnexpectedInput) -> TextError:
    """Turn what the parser says into what a person needs."""
    start = 0
    allowed: Collection[str] = ()
    if isinstance(error, UnexpectedCharacters):
        start, allowed = error.pos_in_stream or 0, error.allowed or ()
    elif isinstance(error, UnexpectedToken):
        token = error.token
        start = len(text) if token.type == "$END" else token.start_pos or 0
        allowed = error.accepts or error.expected
    elif isinstance(error, UnexpectedEOF):
        start, allowed = len(text), error.expected
    words = dict.fromkeys(_TERMINALS.get(name, name) for name in sorted(allowed))
    expected = " or ".join(words)
    if start >= len(text):
        opened = max(text.rfind("{"), text.rfind("("))
        what = "unclosed brace" if text[opened : opened + 1] == "{" else "unclosed parenthesis"
        return TextError(text, what, expected, max(opened, 0), len(text))
    if text[start] == '"':
        closed = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"').match(text, start)
        if not closed:
            return TextError(text, "unclosed quote", "a closing quote", start)
        message = "a quoted text cannot stand here"
        if "QUOTED" in allowed:
            message = 'only \\" and \\\\ may be escaped, and control characters not at all'
        return TextError(text, message, expected, start, closed.end())
    return TextError(text, f"{text[start]!r} cannot stand here", expected, start, start + 1)


def _span(node: Token | Tree[Token]) -> tuple[int, int]:
    if isinstance(node, Token):
        return node.start_pos or 0, node.end_pos or 0
    tokens = list(node.scan_values(lambda value: isinstance(value, Token)))
    # The braces around a variable are not kept as tokens.
    return (tokens[0].start_pos or 0) - 1, (tokens[-1].end_pos or 0) + 1


def _unquote(token: Token) -> str:
    if token.type != "QUOTED":
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _shift(error: TextError, text: str, token: Token) -> TextError:
    """Move a mistake in the value that *token* writes to its place in *text*."""
    start, stop = _span(token)
    if token.type != "QUOTED":
        start, stop = start + error.start, start + max(error.stop, error.start + 1)
    return TextError(text, error.message, error.expected, start, stop)


# ---- operators


def _operator(text: str, kind: str, tree: Tree[Token]) -> Clause:
    opened, *items = tree.children
    name = cast("Token", opened)[:-1]
    operator = OPERATORS.get(name)
    if operator is None:
        known = ", ".join(f"{other}()" for other in OPERATORS)
        raise TextError(text, f"unknown operator {name}()", known, 0, len(name))
    if kind not in operator.kinds:
        kinds = " or ".join(sorted(operator.kinds))
        message = f"{name}() cannot test an attribute of kind {kind}"
        raise TextError(text, message, f"an attribute of kind {kinds}", 0, len(name))
    if len(items) < operator.least or (operator.most is not None and len(items) > operator.most):
        message = f"{name}() has {len(items)} item{'s' * (len(items) != 1)}"
        raise TextError(text, message, operator.form)
    tokens = [cast("Token", cast("Tree[Token]", item).children[0]) for item in items]
    values = [_item(text, kind, token) for token in tokens]
    return _build(text, name, values, tokens)


def _build(text: str, name: str, values: list[Value], tokens: list[Token]) -> Clause:
    if name == "range":
        low, high = values
        if high < low:  # type: ignore[operator]
            start, stop = _span(tokens[0])[0], _span(tokens[1])[1]
            raise TextError(text, "the range is empty", "the lower end first", start, stop)
        return Range(low, high)
    if name == "one_of":
        return OneOf(tuple(values))
    plain: dict[str, Callable[..., Clause]] = {
        "superset": Superset,
        "subset": Subset,
        "version": VersionClause,
        "any": AnyClause,
        "absent": AbsentClause,
    }
    return plain[name](*values)


def _item(text: str, kind: str, token: Token) -> Value:
    if token.type == "QUOTED" and kind in ("int", "ratio"):
        raise TextError(text, "a quoted text is no number", "a bare number", *_span(token))
    try:
        return parse_value(kind, _unquote(token))
    except TextError as error:
        raise _shift(error, text, token) from None


# ---- values and templates


@dataclass(frozen=True, slots=True)
class _Atom:
    """A literal, quoted text or variable, and where it stands."""

    part: str | Variable | Reference
    start: int
    stop: int
    token: Token | None = None


def _value(
    text: str, kind: str, tree: Tree[Token], variables: Mapping[str, Variable]
) -> tuple[Clause, Mapping[str, Variable]]:
    scope = dict(variables)
    atoms = [_atom(text, node, scope) for node in tree.children]
    names = {atom.part.name for atom in atoms if not isinstance(atom.part, str)}
    if len(names) > MAX_VARIABLES_A_VALUE:
        raise TextError(text, "too many variables in one value", f"{MAX_VARIABLES_A_VALUE} at most")
    if not names:
        return _literal(text, kind, atoms), scope
    if kind in ("int", "ratio"):
        return _scaled(text, kind, atoms, scope), scope
    if kind != "string":
        _check_alone(text, kind, atoms, scope)
    return Template(kind, _merged(atoms)), scope


def _merged(atoms: Sequence[_Atom]) -> tuple[str | Variable | Reference, ...]:
    """Join literal texts that stand side by side."""
    parts: list[str | Variable | Reference] = []
    for atom in atoms:
        if isinstance(atom.part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += atom.part
        elif atom.part != "":
            parts.append(atom.part)
    return tuple(parts)


def _atom(text: str, node: Token | Tree[Token], scope: dict[str, Variable]) -> _Atom:
    start, stop = _span(node)
    if isinstance(node, Token):
        return _Atom(_unquote(node), start, stop, node)
    name = str(node.children[0])
    if node.data == "reference":
        if name not in scope:
            known = ", ".join(scope) or f"a declaration such as {{{name}:int:1,2}}"
            raise TextError(text, f"{name} is used before it is declared", known, start, stop)
        return _Atom(Reference(name), start, stop)
    if name in scope:
        raise TextError(text, f"{name} is declared twice", f"{{{name}}}", start, stop)
    if len(scope) == MAX_VARIABLES:
        raise TextError(text, "too many variables", f"{MAX_VARIABLES} an object", start, stop)
    entries = cast("list[Token]", cast("Tree[Token]", node.children[2]).children)
    if node.children[1] == "int":
        variable = Variable(name, ranges=tuple(_entry(text, entry) for entry in entries))
    else:
        variable = Variable(name, strings=tuple(_unquote(entry) for entry in entries))
    scope[name] = variable
    return _Atom(variable, start, stop)


def _entry(text: str, token: Token) -> tuple[int, int]:
    found = _ENTRY.fullmatch(token)
    if found is None:
        raise TextError(text, "not an integer", "an integer or a range such as 2-9", *_span(token))
    ends = []
    for digits in filter(None, found.groups()):
        if not _INTEGER.fullmatch(digits):
            raise TextError(text, "not an integer", "decimal digits such as 2", *_span(token))
        fits = len(digits) <= 20 and INT_MIN <= int(digits) <= INT_MAX
        if not fits:
            expected = f"a number from {INT_MIN} to {INT_MAX}"
            raise TextError(text, "integer overflow", expected, *_span(token))
        ends.append(int(digits))
    if ends[-1] < ends[0]:
        raise TextError(text, "the range is empty", "the lower end first", *_span(token))
    return ends[0], ends[-1]


def _literal(text: str, kind: str, atoms: Sequence[_Atom]) -> Clause:
    written = "".join(cast("str", atom.part) for atom in atoms)
    if not written:
        return EmptyClause()
    if kind in ("int", "ratio"):
        for atom in atoms:
            if atom.token is not None and atom.token.type == "QUOTED":
                message = "a quoted text is no number"
                raise TextError(text, message, "a bare number", atom.start, atom.stop)
    try:
        return Equal(parse_value(kind, written))
    except TextError as error:
        if len(atoms) == 1 and atoms[0].token is not None:
            raise _shift(error, text, atoms[0].token) from None
        raise TextError(text, error.message, error.expected) from None


def _scaled(text: str, kind: str, atoms: Sequence[_Atom], scope: Mapping[str, Variable]) -> Scaled:
    first, *rest = atoms
    if isinstance(first.part, str) or len(rest) > 1:
        message = f"a variable in an attribute of kind {kind} stands alone, or with one factor"
        raise TextError(text, message, "{v}, {v}*2 or {v}/2")
    if scope[first.part.name].type != "int":
        message = f"{first.part.name} is a string variable, the attribute is of kind {kind}"
        raise TextError(text, message, "a variable of type int", first.start, first.stop)
    if not rest:
        return Scaled(kind, first.part)
    factor = rest[0]
    found = None
    if factor.token is not None and factor.token.type == "LITERAL":
        found = _FACTOR.fullmatch(str(factor.part))
    if not found:
        raise TextError(text, "not a factor", "*2 or /2", factor.start, factor.stop)
    if found[2] == "0":
        message = "division by zero" if found[1] == "/" else "a factor of zero hides the variable"
        raise TextError(text, message, "a factor of 1 or more", factor.start, factor.stop)
    if len(found[2]) > 10 or int(found[2]) > MAX_FACTOR:
        expected = f"a factor of at most {MAX_FACTOR}"
        raise TextError(text, "integer overflow", expected, factor.start, factor.stop)
    return Scaled(kind, first.part, found[1], int(found[2]))


def _check_alone(
    text: str, kind: str, atoms: Sequence[_Atom], scope: Mapping[str, Variable]
) -> None:
    """A set, version or PCI id is one value, so its variable must give all of it."""
    atom = atoms[0]
    if len(atoms) > 1 or isinstance(atom.part, str):
        message = f"a variable in an attribute of kind {kind} stands alone"
        raise TextError(text, message, '{v:string:"…"}')
    variable = scope[atom.part.name]
    if variable.type != "string":
        message = f"{variable.name} is an int variable, the attribute is of kind {kind}"
        raise TextError(text, message, "a variable of type string", atom.start, atom.stop)
    for string in variable.strings:
        try:
            parse_value(kind, string)
        except TextError as error:
            message = f"{string!r} of {variable.name}: {error.message}"
            raise TextError(text, message, error.expected, atom.start, atom.stop) from None
