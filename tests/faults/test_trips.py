"""Every rule trips over the simulated physics, acts at once, leads where the ladder says, lets go again."""

from collections import Counter

import pytest

from qh1a.hazards import RULES
from qh1a.tick import Priority, Response
from tests.faults.tripping import RULE, Found, expected_state, read, row, run
from tests.faults.trips import NOT_YET, TRIPS, Trip

STANDS_WITHIN_S = 0.8
"""From the tick of the alarm: clamps travel 0.2 s, rotors run out in half a second, PC waits for its pump."""


def test_every_rule_has_one_run_or_stands_in_the_set_that_shrinks() -> None:
    tried = Counter(trip.rule for trip in TRIPS)
    assert set(tried.values()) == {1}
    assert set(tried) | set(NOT_YET) == {rule.id for rule in RULES}
    assert not set(tried) & set(NOT_YET)


def test_the_file_has_one_line_per_run_in_their_order() -> None:
    assert list(read()) == [trip.rule for trip in TRIPS]


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: trip.rule)
def test_a_rule_trips_acts_and_lets_go(trip: Trip) -> None:
    done = run(trip)
    found, alarmed = done.found, done.alarmed
    assert alarmed is not None, found
    assert done.before is not None
    assert done.before.session.state in RULE[trip.rule].armed, found
    _stands_first(trip, found)
    assert done.restricted == [], found
    assert alarmed.session.state is expected_state(done), found
    if found.safe_s != "-" and RULE[trip.rule].response >= Response.R2:
        assert float(found.safe_s) - float(found.alarm_s) <= STANDS_WITHIN_S, found
    assert found.recovery.startswith("stays") == bool(trip.stays), found
    assert row(found) == read()[trip.rule]


def _stands_first(trip: Trip, found: Found) -> None:
    """No other rule on top, nor one that has stopped anything before, but those the row names."""
    rule = RULE[trip.rule]
    if rule.priority is not Priority.NONE:
        assert found.first_line in (rule.id, *trip.first), found
    earlier = {id_ for id_ in found.before.split() if id_ != "-" and RULE[id_].response >= Response.R2}
    assert earlier <= set(trip.first), found
    named = {found.first_line, *found.before.split()}
    assert set(trip.first) <= named, found
