"""The table of rules against `expected.csv`, row by row."""

import pytest

from qh1a.hazards import HAZARDS, RULES, Rule
from tests.safety.bench import LIMITS
from tests.safety.expected import BY_RULE, CELLS, MISSING, ROWS, RULED, Cells, Row, row_of


def as_row(rule: Rule) -> Row:
    return Row(
        rule.id, rule.channel, rule.side, LIMITS[rule.limit], rule.delay_s, rule.priority, rule.latch,
        rule.response, rule.armed, rule.holds, rule.stops, rule.suppressed_by,
    )  # fmt: skip


def test_the_table_has_these_rules_and_no_other() -> None:
    assert [rule.id for rule in RULES] == [row.id for row in ROWS]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_says_what_its_row_says(rule: Rule) -> None:
    assert as_row(rule) == BY_RULE[rule.id]


@pytest.mark.parametrize("cells", CELLS, ids=[cells["id"] for cells in CELLS])
def test_a_row_names_its_source_and_gives_reasons(cells: Cells) -> None:
    assert cells["source"].startswith(("circuit ", "safety "))
    assert bool(cells["deviates"]) == bool(cells["reason"])
    if cells["deviates"] == MISSING:
        assert cells["id"].split(".")[0] in {hazard.id for hazard in HAZARDS}
        assert not any(cells[key] for key in Row._fields if key != "id")


@pytest.mark.parametrize("cells", [c for c in RULED if c["deviates"]], ids=lambda c: c["id"])
def test_a_deviation_is_still_one(cells: Cells) -> None:
    assert row_of(cells) != BY_RULE[cells["id"]]
