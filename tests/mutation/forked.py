"""Mutants without files: each in a fork of a process that has the libraries loaded, but nothing of qh1a."""

import gc
import importlib
import os
import signal
import sys
import time  # noqa: TID251 - of the machine that runs this
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import pytest
from hypothesis import Phase, settings

REPO: Final = Path(__file__).resolve().parents[2]
PROFILE: Final = "mutants"
LIBRARIES: Final = (
    "numpy",
    "pydantic.main",
    "pydantic.dataclasses",
    "annotated_types",
    "mypy_extensions",
    "tomllib",
    "sqlite3",
    "numba",
    "hypothesis.strategies",
    "pytest_asyncio.plugin",
    "pytest_timeout",
)
QUIET: Final = ("-x", "-q", "--no-header", "--tb=no", "--assert=plain", f"--hypothesis-profile={PROFILE}")
WITHOUT: Final = ("randomly", "xdist", "cacheprovider", "faulthandler", "unraisableexception")


class Stage(NamedTuple):
    """Tests to try, the fastest first, and how long they may take: a mutant that hangs is noticed."""

    tests: Sequence[str]
    slowest_s: float
    without: str = ""


class _Swapped(MetaPathFinder, Loader):
    """Gives one module another source."""

    def __init__(self, module: str, source: str) -> None:
        self.path = REPO / "qh1a" / module
        self.name = "qh1a." + module.removesuffix(".py").replace("/", ".")
        self.source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """This module only."""
        del path, target
        return spec_from_loader(fullname, self, origin=str(self.path)) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the other source under the module's own name."""
        module.__file__ = str(self.path)
        exec(compile(self.source, self.path, "exec"), module.__dict__)  # noqa: S102 - that is the point


class _FirstFailure:
    """Ends the process at the first test that fails: nobody reads why."""

    @staticmethod
    def pytest_runtest_logreport(report: pytest.TestReport) -> None:
        """Of setup, call or teardown."""
        if report.failed:
            os._exit(1)


def _child(module: str, source: str, stage: Stage) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    gc.disable()  # it lives for a moment
    code = 1
    try:
        sys.meta_path.insert(0, _Swapped(module, source))
        plugins = [f"-pno:{name}" for name in WITHOUT]
        code = pytest.main([*QUIET, *plugins, "-k", stage.without, *stage.tests], [_FirstFailure()])
    finally:
        os._exit(int(code))


class _Run(NamedTuple):
    number: int
    at: int
    ends: float


def survivors(module: str, sources: Iterable[str], stages: Sequence[Stage], workers: int) -> Iterator[int]:
    """The numbers of those sources whose tests pass in every stage, as they are found."""
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.dont_write_bytecode = False  # what is not swapped need be compiled once only
    settings.register_profile(
        PROFILE, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
    )
    coming = enumerate(sources)
    again: deque[tuple[int, int, str]] = deque()
    running: dict[int, tuple[_Run, str]] = {}
    while True:
        while len(running) < workers:
            if again:
                number, at, source = again.popleft()
            elif (new := next(coming, None)) is not None:
                (number, source), at = new, 0
            else:
                break
            pid = os.fork()
            if pid == 0:
                _child(module, source, stages[at])
            running[pid] = (_Run(number, at, time.monotonic() + stages[at].slowest_s), source)
        if not running:
            return
        time.sleep(0.005)
        for pid, (run, source) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done:
                if time.monotonic() < run.ends:
                    continue
                os.kill(pid, signal.SIGKILL)
                _, status = os.waitpid(pid, 0)
            del running[pid]
            if status == 0 and run.at + 1 < len(stages):
                again.append((run.number, run.at + 1, source))
            elif status == 0:
                yield run.number
