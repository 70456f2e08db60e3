"""What is written once, and where: rules of the house that imports can't show."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "cli", "domain", "integrations", "schemas")
MAY_OPEN_A_TRANSACTION = ("api/app.py", "api/http.py", "integrations/mailer.py", "integrations/worker.py", "cli/")

Find = Callable[[ast.AST], bool]


def commits(node: ast.AST) -> bool:
    """Call of anything's `commit`, or of a `commit` by itself."""
    return isinstance(node, ast.Call) and _name(node.func) == "commit"


def sets_a_state(node: ast.AST) -> bool:
    """Assignment to an attribute `state`, alone, in a tuple, with a type or an operator, or by setattr."""
    if isinstance(node, ast.Call) and _name(node.func) == "setattr":
        return isinstance(node.args[1], ast.Constant) and node.args[1].value == "state"
    return isinstance(node, ast.Attribute) and node.attr == "state" and isinstance(node.ctx, ast.Store)


def reads_the_environment(node: ast.AST) -> bool:
    """`os.environ` and `os.getenv` under any name that they are imported by."""
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return any(alias.name in ("environ", "environb", "getenv") for alias in node.names)
    # A request has an environ, too; the process's own is the module's.
    of_os = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    return of_os and node.attr in ("environ", "environb", "getenv")


def opens_a_transaction(node: ast.AST) -> bool:
    """Call of domain.transaction's `transaction`."""
    return isinstance(node, ast.Call) and _name(node.func) == "transaction"


def _name(function: ast.expr) -> str:
    return str(getattr(function, "attr", None) or getattr(function, "id", ""))


def lines(source: str, find: Find) -> list[int]:
    """The lines of `source` on which something is found."""
    return [getattr(node, "lineno", 0) for node in ast.walk(ast.parse(source)) if find(node)]


def files(find: Find) -> Iterator[str]:
    """Our files in which something is found, each as often as it is found there."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for _ in lines(path.read_text(), find):
                yield path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    ("find", "place"),
    [
        (commits, "domain/transaction.py"),
        (sets_a_state, "domain/states.py"),
        (reads_the_environment, "domain/config.py"),
    ],
)
def test_it_is_written_once(find: Find, place: str) -> None:
    assert list(files(find)) == [place]


def test_only_the_frames_open_a_transaction() -> None:
    elsewhere = [path for path in files(opens_a_transaction) if not path.startswith(MAY_OPEN_A_TRANSACTION)]

    assert elsewhere == []


@pytest.mark.parametrize(
    ("find", "source"),
    [
        (commits, "session.commit()"),
        (commits, "self.sessions().begin().commit()"),
        (commits, "commit()"),
        (sets_a_state, "call.state = CallState.PUBLISHED"),
        (sets_a_state, "call.version, call.state = 2, 'published'"),
        (sets_a_state, "call.state: str = 'published'"),
        (sets_a_state, "setattr(call, 'state', 'published')"),
        (sets_a_state, "for call.state in states: pass"),
        (reads_the_environment, "os.environ['PORT']"),
        (reads_the_environment, "os.getenv('PORT')"),
        (reads_the_environment, "from os import environ as settings"),
        (opens_a_transaction, "with transaction(database) as session: pass"),
        (opens_a_transaction, "with domain.transaction.transaction(database) as session: pass"),
    ],
)
def test_a_second_one_would_be_found(find: Find, source: str) -> None:
    assert lines(source, find) == [1]


@pytest.mark.parametrize(
    ("find", "source"),
    [
        (commits, "committed(session); session.committed"),
        (sets_a_state, "call.state == 'published'; state = call.state; Call(state='draft')"),
        (sets_a_state, "setattr(call, 'title', call.state)"),
        (reads_the_environment, "import os; os.getpid(); environment['PORT']"),
        (reads_the_environment, "request.environ['PATH_INFO']"),
        (opens_a_transaction, "with reading(database) as session: session.in_transaction()"),
    ],
)
def test_what_only_looks_like_it_is_not(find: Find, source: str) -> None:
    assert lines(source, find) == []
