from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.system.bedside import chromium
from tests.system.commands import qh1a


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's browser, for one file of tests: its loop must not stand in the way of others."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bench session, seed 7, as fast as it goes."""
    path = tmp_path_factory.mktemp("recorded") / "s.qh1a"
    said = qh1a(path.parent, "run", "bench-10min.toml", "--speed", "max", "--seed", "7", "--out", str(path))
    assert said.code == 0, said
    return path
