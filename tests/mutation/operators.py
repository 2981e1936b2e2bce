"""Small wrongs in a module's source, one at a time, each as a new source text."""

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

COMPARE: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC: Final[dict[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
}  # fmt: skip
EXTREME: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
SAYS_NOTHING: Final = {"annotation", "returns", "decorator_list", "bases"}
SILENT: Final = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Pass)


class Mutant(NamedTuple):
    """One wrong: where, what, and the whole module with it."""

    line: int
    what: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every wrong there is in a module, in the order of its text."""
    tree = ast.parse(source)
    members = _members(tree)
    right = ast.unparse(tree)
    for node in list(_code(tree)):
        for change, what in _changes(node, members):
            kept = {name: list(x) if isinstance(x, list) else x for name, x in vars(node).items()}
            change(node)
            wrong = ast.unparse(tree)
            vars(node).update(kept)
            if wrong != right:
                yield Mutant(getattr(node, "lineno", 0), what, wrong)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What a module does: no annotation, decorator, `__slots__` or number of a name."""
    if isinstance(node, ast.ClassDef) and any(
        ast.unparse(base) in {"Enum", "IntEnum"} for base in node.bases
    ):
        return
    yield node
    if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.UnaryOp):
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__":
        return
    for name, below in ast.iter_fields(node):
        if name not in SAYS_NOTHING:
            for child in below if isinstance(below, list) else [below]:
                if isinstance(child, ast.AST):
                    yield from _code(child)


def _members(tree: ast.AST) -> dict[str, list[str]]:
    """Members that the module takes of each name that looks like an enumeration: `State.RAMP`."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper():
            names = found.setdefault(node.value.id, [])
            if node.attr not in names:
                names.append(node.attr)
    return found


class _Set:
    """Sets an attribute of the twin."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value

    def __call__(self, node: ast.AST) -> None:
        setattr(node, self.name, self.value)


class _Drop:
    """Takes one statement out of a body."""

    def __init__(self, body: str, at: int) -> None:
        self.body, self.at = body, at

    def __call__(self, node: ast.AST) -> None:
        getattr(node, self.body)[self.at] = ast.Pass()


class _Compare:
    """Another comparison in a chain."""

    def __init__(self, at: int, op: ast.cmpop) -> None:
        self.at, self.op = at, op

    def __call__(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Compare)
        node.ops[self.at] = self.op


class _Not:
    """A condition turned over."""

    def __call__(self, node: ast.AST) -> None:
        assert isinstance(node, ast.If | ast.IfExp | ast.While)
        node.test = ast.UnaryOp(ast.Not(), node.test)


Change = _Set | _Drop | _Compare | _Not


def _changes(node: ast.AST, members: dict[str, list[str]]) -> Iterator[tuple[Change, str]]:
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                for other in COMPARE[type(op)]:
                    yield _Compare(at, other()), f"{type(op).__name__} -> {other.__name__}"
        case ast.BinOp() | ast.AugAssign():
            for operator in ARITHMETIC.get(type(node.op), ()):
                yield _Set("op", operator()), f"{type(node.op).__name__} -> {operator.__name__}"
        case ast.BoolOp():
            joined = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _Set("op", joined), f"-> {type(joined).__name__}"
        case ast.UnaryOp(op=ast.Not()):
            yield _Set("op", ast.UAdd()), "not dropped"
        case ast.UnaryOp(op=ast.USub()):
            yield _Set("op", ast.UAdd()), "- dropped"
        case ast.Constant(value=bool() as value):
            yield _Set("value", not value), f"{value} -> {not value}"
        case ast.Constant(value=int() | float() as number):
            yield _Set("value", number + 1), f"{number} -> {number + 1}"
            if number not in {0, 1}:
                yield _Set("value", number * 2), f"{number} -> {number * 2}"
        case ast.Return(value=ast.Constant(value=bool())):
            pass  # turned over above; without it the types are wrong
        case ast.Return(value=ast.expr()):
            yield _Set("value", ast.Constant(None)), "return None"
        case ast.Call(func=ast.Name(id=name)) if name in EXTREME:
            yield _Set("func", ast.Name(EXTREME[name], ast.Load())), f"{name} -> {EXTREME[name]}"
        case ast.Attribute(value=ast.Name(id=kind), attr=member) if len(members.get(kind, ())) > 1:
            if member in members[kind]:
                swapped = members[kind][members[kind].index(member) - 1]
                yield _Set("attr", swapped), f"{kind}.{member} -> {swapped}"
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _Not(), "condition turned over"
    for body in ("body", "orelse"):
        statements = getattr(node, body, None)
        for at, statement in enumerate(statements if isinstance(statements, list) else ()):
            text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if (
                isinstance(node, ast.Module)
                or text
                or ast.unparse(statement).startswith("__slots__")
                or isinstance(statement, (*SILENT, ast.AnnAssign))
            ):
                continue
            yield _Drop(body, at), f"without: {ast.unparse(statement).splitlines()[0][:60]}"
