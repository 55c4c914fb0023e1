"""The rest of the house's rules: size, docstrings, clocks, dangerous calls, regular expressions, SQL. See `house.py`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.house import Module, imports, modules

LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 60

CLOCK_ROOMS = frozenset({"daemon", "cli", "bot"})
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
                    "time.localtime", "time.gmtime", "time.ctime"})  # fmt: skip
SQL_ROOMS = frozenset({"store", "review"})
SQL = re.compile(
    r"\s*(select\s.+\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(\w+\s+)?(table|view|index|trigger)\s"
    r"|pragma\s+\w|begin\s+immediate|alter\s+table\s|drop\s+(table|view|index|trigger)\s|with\s+\w+\s+as\s*\()",
    re.IGNORECASE | re.DOTALL,
)
SQL_CLOCK = re.compile(r"current_timestamp|current_date|current_time\b|\(\s*'now'|,\s*'now'", re.IGNORECASE)
CALLS_NEVER = {
    "eval": "parse the value instead",
    "exec": "write the code out",
    "compile": "write the code out",
    "__import__": "use importlib with a name from a literal registry",
    "os.system": "use subprocess with a list of arguments",
    "os.popen": "use subprocess with a list of arguments",
}


def _python_files(root: Path) -> Iterator[Path]:
    for top in ("bot.py", "monitor", "tests", "benchmarks", "tools"):
        path = root / top
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path] * path.exists()


def long_files(root: Path) -> list[str]:
    """Python files of the project and its tests with more than `LINES_OF_A_FILE` lines."""
    wrong = []
    for path in _python_files(root):
        lines = len(path.read_text("utf-8").splitlines())
        if lines > LINES_OF_A_FILE:
            wrong.append(f"{path.relative_to(root)}: {lines} lines; more than {LINES_OF_A_FILE} want to be two files")
    return wrong


def long_functions(root: Path) -> list[str]:
    wrong = []
    for module in modules(root):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > LINES_OF_A_FUNCTION:
                    wrong.append(
                        f"{module.shown}:{node.lineno}: `{node.name}` has {lines} lines; more than {LINES_OF_A_FUNCTION} want to be two functions"
                    )
    return wrong


def files_without_docstring(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: no module docstring; say in a sentence what the file is for"
        for path in _python_files(root)
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]


def _dotted(node: ast.expr) -> str:
    """`datetime.datetime.now` for such an expression, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def clocks_out_of_place(root: Path) -> list[str]:
    """Reading the wall clock outside daemon and cli, by a call or by handing the function on. SQL that reads it counts."""
    wrong = []
    for module in modules(root):
        if module.room in CLOCK_ROOMS:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and ".".join(_dotted(node).split(".")[-2:]) in CLOCKS:
                wrong.append(f"{module.shown}:{node.lineno}: reads the clock (`{_dotted(node)}`); take `now` or `clock` as an argument")
            if isinstance(node, ast.ImportFrom) and node.module == "time" and any(f"time.{alias.name}" in CLOCKS for alias in node.names):
                wrong.append(f"{module.shown}:{node.lineno}: imports the wall clock from `time`; take `now` or `clock` as an argument")
        if module.room == "store":
            wrong.extend(
                f"{module.shown}:{line}: SQL reads the clock; bind `now` as a parameter"
                for line, text in _strings(module)
                if SQL_CLOCK.search(text)
            )
    for path in sorted((root / "monitor" / "store").rglob("*.sql")):
        statements = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
        if SQL_CLOCK.search(statements):
            wrong.append(f"{path.relative_to(root)}: SQL reads the clock; bind `now` as a parameter")
    return wrong


def dangerous_calls(root: Path) -> list[str]:
    wrong = []
    for module in modules(root):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = _dotted(node.func)
            if name in CALLS_NEVER:
                wrong.append(f"{module.shown}:{node.lineno}: calls `{name}`; {CALLS_NEVER[name]}")
            for word in node.keywords:
                if word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False):
                    wrong.append(f"{module.shown}:{node.lineno}: a command through a shell; hand a list of arguments instead")
            if name.endswith("NotImplementedError"):
                wrong.append(f"{module.shown}:{node.lineno}: a stub; write it, or leave it out")
    return wrong


def risky_patterns(root: Path) -> list[str]:
    """Patterns of the backtracking `re` that are not written out in the code, or that can take exponential time."""
    wrong = []
    known = _constants(modules(root))
    for module in modules(root):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not _dotted(node.func).startswith("re.") or not node.args:
                continue
            if _dotted(node.func) in ("re.escape", "re.purge"):
                continue
            pattern = _folded(node.args[0], known[module.name])
            if pattern is None:
                wrong.append(f"{module.shown}:{node.lineno}: the pattern is made at run time; use re2, linear for any pattern, or write it out")
            elif _nests(pattern):
                wrong.append(
                    f"{module.shown}:{node.lineno}: a repetition within a repetition can take exponential time; "
                    "make one possessive (`++`, `(?>…)`), rewrite it, or use re2"
                )
    return wrong


def _constants(tree: list[Module]) -> dict[str, dict[str, str | bytes]]:
    """For each module, the names bound at its top to text written out in the code, its own and imported ones."""
    known: dict[str, dict[str, str | bytes]] = {module.name: {} for module in tree}
    for _ in range(3):  # an imported name may be made of imported names
        for module in tree:
            own = known[module.name]
            for node in module.tree.body:
                if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                    text = _folded(node.value, own)
                    if text is not None:
                        own[node.targets[0].id] = text
            for _line, target, name in imports(module):
                there = known.get(target.removeprefix("monitor."), {})
                if name in there:
                    own[name] = there[name]
    return known


def _folded(node: ast.expr, known: Mapping[str, str | bytes]) -> str | bytes | None:
    """The text that an expression of literals, names of such, `+` and f-strings stands for; None if it is anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str | bytes) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Call) and _dotted(node.func) == "re.escape":
        return ""  # whatever it escapes is literal text
    pieces: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        pieces = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        pieces = [piece.value if isinstance(piece, ast.FormattedValue) else piece for piece in node.values]
    texts = [_folded(piece, known) for piece in pieces]
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    return "".join(text for text in texts if isinstance(text, str))


def _nests(pattern: str | bytes) -> bool:
    """Whether an unbounded repetition holds another one; possessive ones and atomic groups never give back, and do not count."""
    parser: Any = re._parser  # type: ignore[attr-defined]

    def walk(items: Any, inside: bool) -> bool:
        for code, value in items:
            name = str(code)
            if name in ("MAX_REPEAT", "MIN_REPEAT"):
                unbounded = value[1] is parser.MAXREPEAT or int(value[1]) > 1000
                if (unbounded and inside) or walk(value[2], inside or unbounded):
                    return True
            elif name == "BRANCH":
                if any(walk(branch, inside) for branch in value[1]):
                    return True
            elif name == "SUBPATTERN":
                if walk(value[3], inside):
                    return True
            elif name in ("ASSERT", "ASSERT_NOT") and walk(value[1], inside):
                return True
        return False

    return walk(parser.parse(pattern), inside=False)


def _strings(module: Module) -> Iterator[tuple[int, str]]:
    """String constants of a file, docstrings left out."""
    bare = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def sql_out_of_place(root: Path) -> list[str]:
    wrong: list[str] = []
    for module in modules(root):
        if module.room in SQL_ROOMS:
            continue
        wrong.extend(
            f"{module.shown}:{line}: SQL outside store/ and review/; ask the store for a method" for line, text in _strings(module) if SQL.match(text)
        )
    return wrong
