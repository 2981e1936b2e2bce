"""The installed program, its core compiled where that can be done, in processes of its own."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

QH1A = Path(sys.executable).parent / "qh1a"
PATIENCE_S = 100.0
"""For a process on a loaded machine to finish what takes it seconds on a free one."""


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """The one JSON object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def environment() -> dict[str, str]:
    """That of the tests, with nothing on the path of Python but what is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def start(folder: Path, *args: str, script: Path = QH1A) -> subprocess.Popen[str]:
    """Start a command, or another script in its place, and do not wait for it."""
    return subprocess.Popen(
        [sys.executable, str(script), *args],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def qh1a(folder: Path, *args: str) -> Said:
    """Run a command to its end."""
    with start(folder, *args) as process:
        return finish(process)


def finish(process: subprocess.Popen[str]) -> Said:
    """Wait for the end of a command; one that does not come to it is killed."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Said(process.returncode, out, err)


def until_minutes(process: subprocess.Popen[str], path: Path, minutes: int = 2) -> None:
    """Wait until the file of a running session holds so many minutes."""
    for _ in range(int(PATIENCE_S / 0.02)):
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            if minutes_in(path) >= minutes:
                return
        else:
            msg = f"the session ended before its minute {minutes}: {finish(process)}"
            raise AssertionError(msg)
    process.kill()
    msg = f"no minute {minutes} in {PATIENCE_S} s: {finish(process)}"
    raise AssertionError(msg)


def minutes_in(path: Path) -> int:
    """How many minutes a file holds, 0 while it cannot be read."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT count(DISTINCT minute) FROM chunk").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0])


def whole_lines(text: str) -> list[str]:
    """The lines of a text that ends as a line should."""
    assert not text or text.endswith("\n")
    return text.splitlines()


def traceback_in(said: Said) -> bool:
    """Whether an exception got out."""
    return re.search(r"Traceback|Error:|Exception", said.err + said.out) is not None


TABLES = ("header", "chunk", "chain", "tail")
"""What equal runs have in common; `label` is the wall clock's."""


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    """A table, in the order of its key."""
    assert table in TABLES
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        found: list[tuple[object, ...]] = db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608
    return found


def first_difference(one: Sequence[object], other: Sequence[object]) -> str:
    """Where two tables differ, "" when nowhere."""
    for n, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return f"row {n}: {str(a)[:200]} against {str(b)[:200]}"
    return "" if len(one) == len(other) else f"{len(one)} rows against {len(other)}"
