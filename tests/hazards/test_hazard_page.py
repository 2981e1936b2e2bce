"""docs/hazards.md is what comes out, and says what the tables say."""

import re

from qh1a.hazards import HAZARDS, RULES
from tests.faults.trips import TRIPS, told
from tests.hazards.published import PAGE, page


def test_page_is_what_comes_out() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_no_control_is_proved_in_two_places() -> None:
    pairs = {(c.ref, c.test) for h in HAZARDS for c in h.controls}
    assert len({ref for ref, _ in pairs}) == len(pairs)


def test_every_proof_exists() -> None:
    for file, function in re.findall(r"\[(test_\w+)\]\(\.\./([\w/.]+)\)", page()):
        text = (PAGE.parents[1] / function).read_text(encoding="utf-8")
        assert f"def {file}(" in text, file


def test_every_hazard_and_rule_has_its_rows() -> None:
    lines = [line.split(" | ")[0].strip("| ") for line in page().splitlines() if line.startswith("| ")]
    assert [line for line in lines if re.fullmatch(r"H\d\d", line)] == [h.id for h in HAZARDS]
    rules = [line for line in lines if re.fullmatch(r"H\d\d\.\d", line)]
    assert rules == [rule.id for rule in RULES] + [trip.rule for trip in TRIPS]


def test_cells_hold_no_bar_and_no_act_is_nameless() -> None:
    for trip in TRIPS:
        said = [told(act) for act in trip.acts]
        assert "|" not in "".join((*said, trip.why, trip.stays))
        assert all(said)
    for block in page().split("\n\n"):
        bars = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(bars) <= 1, block[:200]
