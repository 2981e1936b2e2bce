"""One wrong figure anywhere in the tables of danger, and a check of `expected.csv` fails.

Every rule, response, hold and limit is changed in every field, one change at a time; no mutant may live.
Left out is only what cannot be told apart: a delay below 0, the key of an equal limit, a latched rule's hold.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Final

import pytest

from qh1a.channels import CHANNELS, Channel
from qh1a.control import alarms as alarm_system
from qh1a.control import supervisor as supervision
from qh1a.hazards import HOLD_S, LEAST_FLOW, RESPONSES, RULES, Restrict, Rule, Side
from qh1a.hazards import LIMITS as LIMIT_ROWS
from qh1a.settings import Limits
from qh1a.tick import Actuator, Priority, Response, State
from qh1a.units import NS_PER_S, TICK_NS
from tests.safety.bench import LIMITS
from tests.safety.expected import BY_RULE
from tests.safety.test_expected_behaviour import LADDER, OTHERS, check, check_others, check_response

Mutant = tuple[str, Rule]
TICK_S: Final = TICK_NS / NS_PER_S
UNIT: Final = {row.key: row.unit for row in LIMIT_ROWS}
GRID: Final = {"mmHg": 0.1, "C": 0.01, "g": 0.1, "rpm": 0.1, "s": 0.1}
"""Of the limits that no rule compares with."""


def toggled(actuators: tuple[Actuator, ...]) -> Iterator[tuple[Actuator, ...]]:
    """Each actuator taken out, or put in."""
    for a in Actuator:
        yield tuple(sorted(set(actuators) ^ {a}))


def mutants(rule: Rule) -> Iterator[Mutant]:
    """The rule with one field changed."""
    unit = CHANNELS[rule.channel].unit
    others = [c for c in Channel if c is not rule.channel]
    for c in [c for c in others if CHANNELS[c].unit == unit] or others:
        yield f"channel {c.name}", replace(rule, channel=c)
    yield "side", replace(rule, side=Side.BELOW if rule.side is Side.ABOVE else Side.ABOVE)
    for key, value in LIMITS.value.items():
        if UNIT[key] == unit and value != LIMITS[rule.limit]:
            yield f"limit {key}", replace(rule, limit=key)
    for delay_s in (rule.delay_s - TICK_S, rule.delay_s + TICK_S):
        if delay_s >= 0.0:
            yield f"delay_s {delay_s:g}", replace(rule, delay_s=delay_s)
    for priority in Priority:
        if abs(priority - rule.priority) == 1:
            yield f"priority {priority.name}", replace(rule, priority=priority)
    yield "latch", replace(rule, latch=not rule.latch)
    for response in Response:
        if response is not rule.response:
            yield f"response {response.name}", replace(rule, response=response)
    for state in State:
        yield f"armed {state.name}", replace(rule, armed=rule.armed ^ {state})
    for holds in toggled(rule.holds):
        yield f"holds {holds}", replace(rule, holds=holds)
    for stops in toggled(rule.stops):
        yield f"stops {stops}", replace(rule, stops=stops)
    for other in rule.suppressed_by:
        left = tuple(x for x in rule.suppressed_by if x != other)
        yield f"suppressed_by {other}", replace(rule, suppressed_by=left)


def shifted(key: str, grid: float) -> Iterator[Limits]:
    """The limits with one of them a grid step lower and higher."""
    for step in (-grid, grid):
        yield Limits("mutant", {**LIMITS.value, key: LIMITS[key] + step})


def lives(checked: Callable[[], None]) -> bool:
    """Whether a check passes."""
    try:
        checked()
    except AssertionError:
        return False
    return True


def rule_lives(rule: Rule, limits: Limits = LIMITS) -> bool:
    """Whether the row's check passes although this rule stands in the table."""
    table = tuple(rule if r.id == rule.id else r for r in RULES)
    return lives(partial(check, BY_RULE[rule.id], table, limits))


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_no_mutant_of_a_rule_lives(rule: Rule) -> None:
    assert rule_lives(rule)
    assert [name for name, mutant in mutants(rule) if rule_lives(mutant)] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_no_limit_moves_by_a_step_of_the_grid_unseen(rule: Rule) -> None:
    for limits in shifted(rule.limit, CHANNELS[rule.channel].lsb):
        assert not rule_lives(rule, limits), limits[rule.limit]


@pytest.mark.parametrize("key", OTHERS)
def test_no_limit_beside_the_rules_moves_by_a_step_unseen(key: str) -> None:
    for limits in shifted(key, GRID[UNIT[key]]):
        assert not lives(partial(check_others, limits)), limits[key]


@pytest.mark.parametrize("response", LADDER, ids=lambda r: r.name)
def test_no_mutant_of_a_response_lives(response: Response, monkeypatch: pytest.MonkeyPatch) -> None:
    row = RESPONSES[response]
    living = []
    for a in Actuator:
        for what in set(Restrict) - {row[a]} - (set() if a in LEAST_FLOW else {Restrict.LEAST}):
            changed = (*row[:a], what, *row[a + 1 :])
            monkeypatch.setattr(supervision, "RESPONSES", {**RESPONSES, response: changed})
            if lives(partial(check_response, response)):
                living.append(f"{a.name} {what.name}")
    assert living == []


HOLDS: Final = sorted({rule.response for rule in RULES if not rule.latch})
"""Responses of rules that end by themselves."""


@pytest.mark.parametrize("response", HOLDS, ids=lambda r: r.name)
def test_no_hold_is_a_tick_shorter_or_longer_unseen(
    response: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HOLD_S.get(response, 0.0)
    for seconds in (held - TICK_S, held + TICK_S, 0.0):
        if seconds < 0.0 or seconds == held:
            continue
        monkeypatch.setattr(alarm_system, "HOLD_S", {**HOLD_S, response: seconds})
        for rule in RULES:
            if rule.response is response and not rule.latch:
                assert not rule_lives(rule), (rule.id, seconds)


def test_every_response_that_is_held_has_a_rule_that_ends_by_itself() -> None:
    assert set(HOLD_S) <= set(HOLDS)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_every_field_of_a_rule_is_changed(rule: Rule) -> None:
    names = {field.name for field in fields(Rule)}
    changed = {x for x in names for _, m in mutants(rule) if getattr(m, x) != getattr(rule, x)}
    # Not every unit has a second limit: a limit also moves by a step of its grid, above.
    assert names - changed <= {"id", "limit"} | ({"suppressed_by"} if not rule.suppressed_by else set())
