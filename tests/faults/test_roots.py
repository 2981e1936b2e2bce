"""The first line of the alarm list names the root of a fault, not what follows from it."""

from typing import Final

import pytest

from qh1a.sim.fault_row import FaultRow
from tests.faults.roots import ANSWERED, found, read

HIDDEN: Final[dict[str, str]] = {}
"""Faults at whose first stop a consequence stands above the root, and which; this set can only shrink."""
HIDDEN_LATER: Final = {"return_line_kink": "H10.1"}
"""The same, 10 s later: what no longer is cleared itself, and what followed from it is left."""
GONE_LATER: Final = {
    "access_needle_on_wall", "filtrate_line_collapsed", "contamination", "temperature_probe_loose",
}  # fmt: skip
"""Faults of which no alarm is left 10 s after the stop: theirs are not latched, and the stop ends them; or
the loop has made up for what was warned of."""


def test_the_file_has_one_line_per_fault_with_an_answer() -> None:
    assert list(read()) == [row.name for row in ANSWERED]


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row.name)
def test_the_root_of_a_fault_stands_first(row: FaultRow) -> None:
    root = found(row)
    assert root.hidden == (row.name in HIDDEN), root
    assert root.hidden_later == (row.name in HIDDEN_LATER), root
    assert (root.later == "-") == (row.name in GONE_LATER), root
    assert HIDDEN.get(row.name, root.first_line) == root.first_line
    assert HIDDEN_LATER.get(row.name, root.later) == root.later
    assert root == read()[row.name]
