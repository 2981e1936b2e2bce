"""Every route keeps to its description, whatever it is asked."""

from pathlib import Path

import pytest

from tests.console.fuzz import ROUTES, fuzz
from tests.console.office import office


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[path[5:] for _, path in ROUTES])
def test_a_route_says_what_it_declares(tmp_path: Path, method: str, path: str) -> None:
    codes = fuzz(tmp_path, method, path, 40)
    assert sum(codes.values()) >= 40
    assert len(codes) >= (2 if path == "/api/stream" else 3), codes  # it is asked for refusals only


async def test_every_route_is_asked(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        declared = {
            (method.upper(), path) for path, row in o.app.openapi()["paths"].items() for method in row
        }
        assert declared == set(ROUTES)
