"""The long batteries: each goes as far as its share of the time allows, and on from there the next time."""

import pytest

from tests.long import items
from tests.long.battery import Item, work


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("treatments", items.treatment),
        ("unblocked", items.unblocked),
        ("faults", items.faulted),
        ("pauses", items.paused),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_battery(name: str, item: Item, capsys: pytest.CaptureFixture[str]) -> None:
    battery, given = work(name, item)
    report = battery.report(given)
    with capsys.disabled():
        print(f"\n{report}")  # noqa: T201
    assert battery.findings == {}, report
    assert len(battery.done) >= given.minimum, f"{report}; at least {given.minimum}"
