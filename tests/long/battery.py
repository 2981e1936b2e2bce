"""Resumable batteries: items in a fixed order, in two processes, until done or out of time."""

import hashlib
import json
import os
import tomllib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import qh1a
from qh1a.clock import VirtualClock
from qh1a.config import root
from qh1a.units import NS_PER_S

REPO: Final = Path(__file__).resolve().parents[2]
STATE: Final = REPO / "build" / "long"
BUDGET: Final = Path(__file__).with_name("budget.toml")
MINUTES: Final = "QH1A_LONG_MINUTES"

Item = Callable[[int], str]
"""Run item n of a battery; "" or what was found. Importable by name: it runs in another process."""


@dataclass(frozen=True)
class Budget:
    """What a battery may take and must give, for the minutes there are."""

    seconds: float
    wanted: int
    minimum: int


def budget(name: str) -> Budget:
    """From budget.toml and the environment."""
    table = tomllib.loads(BUDGET.read_text(encoding="utf-8"))
    full = float(table["minutes"])
    minutes = float(os.environ.get(MINUTES, full))
    if not 0.0 < minutes <= 24 * 60:
        msg = f"{MINUTES} = {minutes}: allowed above 0 to 1440"
        raise ValueError(msg)
    row = table[name]
    minimum = max(1, int(row["minimum"] * min(1.0, minutes / full)))
    return Budget(minutes * 60.0 * row["share"], row["wanted"], minimum)


def fingerprint() -> str:
    """Of everything a result depends on: the program, its configuration, and the batteries themselves."""
    digest = hashlib.sha256()
    program = Path(qh1a.__file__).parent.rglob("*.py")
    tests = (REPO / "tests" / folder for folder in ("long", "sessions"))
    sources = (path.glob("*.py") for path in tests)
    for path in sorted(chain(program, root().rglob("*.toml"), *sources)):
        digest.update(f"{path.relative_to(REPO)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass
class Battery:
    """One battery and how far it has come. Findings are run again, so that a repair shows."""

    name: str
    item: Item
    done: set[int] = field(default_factory=set)
    findings: dict[int, str] = field(default_factory=dict)

    @property
    def _path(self) -> Path:
        return STATE / f"{self.name}.json"

    def load(self) -> None:
        """Take up the state of earlier runs of the same code."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        if kept["fingerprint"] == fingerprint():
            self.done = set(kept["done"])

    def _save(self, mark: str) -> None:
        STATE.mkdir(parents=True, exist_ok=True)
        kept = {
            "fingerprint": mark,
            "done": sorted(self.done),
            "findings": {str(n): what for n, what in sorted(self.findings.items())},
        }
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        new.replace(self._path)

    def run(self, given: Budget) -> None:
        """Run what is left, in order, until done or out of time; the state is kept throughout."""
        mark = fingerprint()
        left = iter([n for n in range(given.wanted) if n not in self.done])
        wall_ns = VirtualClock().wall_ns
        due = wall_ns() + round(given.seconds * NS_PER_S)
        slowest = 0
        began: dict[Future[str], tuple[int, int]] = {}
        workers = min(2, os.cpu_count() or 1)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:

            def submit() -> None:
                # One that would end after the time is not begun.
                if wall_ns() + slowest < due and (n := next(left, None)) is not None:
                    began[pool.submit(self.item, n)] = (n, wall_ns())

            for _ in range(workers):
                submit()
            while began:
                ended, _ = wait(began, return_when=FIRST_COMPLETED)
                for future in ended:
                    n, at = began.pop(future)
                    slowest = max(slowest, wall_ns() - at)
                    error = future.exception()
                    found = repr(error) if error else future.result()
                    if found:
                        self.findings[n] = found
                    else:
                        self.done.add(n)
                    self._save(mark)
                    submit()

    def report(self, given: Budget) -> str:
        """How far it is, and every finding."""
        ran = len(self.done) + len(self.findings)
        lines = [f"{self.name}: {ran} done of {given.wanted} wanted, {len(self.findings)} with a finding"]
        lines += [f"  item {n}: {what}" for n, what in sorted(self.findings.items())]
        return "\n".join(lines)


def work(name: str, item: Item) -> tuple[Battery, Budget]:
    """Take a battery as far as its share of the time allows."""
    given = budget(name)
    battery = Battery(name, item)
    battery.load()
    battery.run(given)
    return battery, given


def finding(check: Callable[[], None], what: str) -> str:
    """Run one check of an item: "" or what it did not find as it should be."""
    try:
        check()
    except AssertionError as error:
        return f"{what}: {error}"
    return ""
