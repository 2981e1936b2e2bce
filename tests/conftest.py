import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Compiled physics, kept between runs; set before the first import of numba, which reads it once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(sys.prefix) / "numba"))

# ci: the same examples on every run and machine. long: new examples on every run, the failing one printed.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("ci")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves an asyncio task or a thread behind."""
    tasks: list[str] = []
    close = asyncio.Runner.close

    def note_and_close(runner: asyncio.Runner) -> None:
        # A runner that is closed already has no loop to ask.
        with contextlib.suppress(RuntimeError):
            tasks.extend(str(task.get_coro()) for task in asyncio.all_tasks(runner.get_loop()))
        close(runner)

    threads = set(threading.enumerate())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Runner, "close", note_and_close)
        yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(timeout=1.0)
    alive = [thread.name for thread in set(threading.enumerate()) - threads]
    assert not tasks, f"asyncio tasks left behind: {tasks}"
    assert not alive, f"threads left behind: {alive}"
