"""Every route keeps to its description, 500 times asked: the same questions each time."""

from pathlib import Path

import pytest

from tests.console.fuzz import ROUTES, fuzz

EXAMPLES = 500


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[path[5:] for _, path in ROUTES])
def test_a_route_says_what_it_declares(
    tmp_path: Path, method: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = fuzz(tmp_path, method, path, EXAMPLES)
    with capsys.disabled():
        print(f"\n{method} {path}: {codes.total()} asked, {dict(sorted(codes.items()))}")  # noqa: T201
    assert codes.total() >= EXAMPLES
