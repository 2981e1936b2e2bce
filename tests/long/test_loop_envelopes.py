"""Every loop at every corner stays in its envelope, and no worse than docs/envelopes.md says was found."""

import pytest

from tests.long.envelopes import items
from tests.sessions.published import worse

ITEMS = items()


@pytest.mark.parametrize("name", ITEMS)
def test_inside_its_envelope(name: str) -> None:
    found = ITEMS[name]()
    assert [str(f) for f in found if f.wrong] == []
    assert worse(found) == []
