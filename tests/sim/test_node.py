"""The modelled protective node: leases to the nanosecond, a thermal cut-off, and a re-arm that is earned."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.sim.node import AT_REST, CUT_OFF_C, REARM_NS, ProtectiveNode, Trip
from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands
from qh1a.units import NS_PER_S, TICK_NS, Ns

RUNNING = tuple(120.0 if a is Actuator.BP else 1.0 for a in Actuator)
# Gas and the recirculation clamp may be on: they harm nobody while everything else stands still.
CALM = tuple(0.0 if a in AT_REST else 1.0 for a in Actuator)
WARM = 37.0


def commands(value: tuple[float, ...], now: int, lease: int = LEASE_NS) -> Commands:
    return Commands(Ns(now + lease), value)


def tripped() -> ProtectiveNode:
    """A node that tripped at 2 s because its host fell silent at 0."""
    node = ProtectiveNode()
    node.take(commands(RUNNING, 0), 0)
    assert node.decide(2 * NS_PER_S, WARM) == UNPOWERED
    assert node.trip is Trip.LEASE
    return node


def calm(node: ProtectiveNode, times: Iterable[int]) -> None:
    for now in times:
        node.take(commands(CALM, now), now)


def test_before_the_first_command_it_holds_the_safe_state_untripped() -> None:
    node = ProtectiveNode()
    assert node.decide(10 * NS_PER_S, WARM) == UNPOWERED
    assert not node.tripped


@given(st.integers(0, 2**50), st.integers(0, LEASE_NS))
def test_the_lease_ends_exactly_at_valid_until(now: int, lease: int) -> None:
    node = ProtectiveNode()
    node.take(commands(RUNNING, now, lease), now)
    assert node.decide(now + lease, WARM) == RUNNING
    assert not node.tripped
    assert node.decide(now + lease + 1, WARM) == UNPOWERED
    assert node.trip is Trip.LEASE


@given(st.integers(1, 2**40))
def test_no_lease_is_longer_than_a_second(extra: int) -> None:
    node = ProtectiveNode()
    node.take(commands(RUNNING, 0, LEASE_NS + extra), 0)
    assert node.decide(LEASE_NS, WARM) == RUNNING
    assert node.decide(LEASE_NS + 1, WARM) == UNPOWERED


def test_void_commands_are_not_taken() -> None:
    node = ProtectiveNode()
    node.take(commands(CALM, 0), 0)
    node.take(Commands(Ns(100), RUNNING), 101)
    assert node.decide(LEASE_NS, WARM) == CALM


def test_commands_are_renewed_by_each_lease() -> None:
    node = ProtectiveNode()
    for now in range(0, 5 * NS_PER_S, TICK_NS):
        node.take(commands(RUNNING, now), now)
        assert node.decide(now + TICK_NS, WARM) == RUNNING


def test_a_trip_stays_against_any_running_command() -> None:
    node = tripped()
    for now in range(2 * NS_PER_S, 10 * NS_PER_S, TICK_NS):
        node.take(commands(RUNNING, now), now)
        assert node.decide(now + TICK_NS, WARM) == UNPOWERED


def test_it_arms_again_after_a_second_of_calm_commands() -> None:
    node = tripped()
    begin = 3 * NS_PER_S
    calm(node, range(begin, begin + REARM_NS, TICK_NS))
    assert node.tripped
    assert node.decide(begin + REARM_NS, WARM) == UNPOWERED
    calm(node, [begin + REARM_NS])
    assert node.decide(begin + REARM_NS + TICK_NS, WARM) == CALM
    assert node.trip is Trip.NONE


@pytest.mark.parametrize("actuator", AT_REST, ids=lambda a: a.name)
def test_one_thing_that_is_not_at_rest_starts_the_second_again(actuator: Actuator) -> None:
    node = tripped()
    begin = 3 * NS_PER_S
    calm(node, range(begin, begin + REARM_NS, TICK_NS))
    almost = tuple(0.1 if a is actuator else x for a, x in zip(Actuator, CALM, strict=True))
    node.take(commands(almost, begin + REARM_NS), begin + REARM_NS)
    again = begin + REARM_NS + TICK_NS
    calm(node, range(again, again + REARM_NS, TICK_NS))
    assert node.tripped
    calm(node, [again + REARM_NS])
    assert not node.tripped


def test_everything_else_may_be_on_while_it_arms() -> None:
    assert set(Actuator) - set(AT_REST) == {
        Actuator.G_O2, Actuator.G_AIR, Actuator.G_CO2, Actuator.SC, Actuator.SR, Actuator.WC, Actuator.RC,
        Actuator.BV,
    }  # fmt: skip


def test_a_lapse_of_the_lease_starts_the_second_again() -> None:
    node = tripped()
    begin = 3 * NS_PER_S
    calm(node, [begin, begin + LEASE_NS + 1])
    assert node.tripped
    calm(node, [begin + LEASE_NS + 1 + REARM_NS])
    assert not node.tripped


def test_one_long_silence_is_not_a_second_of_calm() -> None:
    node = tripped()
    calm(node, [3 * NS_PER_S])
    for until in range(3 * NS_PER_S, 6 * NS_PER_S, TICK_NS):
        assert node.decide(until, WARM) == UNPOWERED
    assert node.tripped


def test_its_own_probe_cuts_the_warmer_off() -> None:
    node = ProtectiveNode()
    node.take(commands(RUNNING, 0), 0)
    assert node.decide(TICK_NS, CUT_OFF_C - 0.01) == RUNNING
    assert node.decide(2 * TICK_NS, CUT_OFF_C) == UNPOWERED
    assert node.trip is Trip.HEAT
    assert node.decide(3 * TICK_NS, WARM) == UNPOWERED


def test_it_does_not_stay_armed_while_hot() -> None:
    node = ProtectiveNode()
    node.take(commands(RUNNING, 0), 0)
    node.decide(TICK_NS, 45.0)
    calm(node, range(NS_PER_S, 2 * NS_PER_S + 1, TICK_NS))
    assert node.decide(2 * NS_PER_S + TICK_NS, 45.0) == UNPOWERED
    assert node.trip is Trip.HEAT


def test_release_forgets_the_commands_but_not_a_trip() -> None:
    node = ProtectiveNode()
    node.take(commands(RUNNING, 0), 0)
    node.release()
    assert node.decide(9 * NS_PER_S, WARM) == UNPOWERED
    assert not node.tripped
    node = tripped()
    node.release()
    assert node.tripped


@given(st.lists(st.tuples(st.sampled_from([RUNNING, CALM]), st.booleans()), max_size=40), st.integers(0, 40))
def test_a_restored_node_goes_on_alike(script: list[tuple[tuple[float, ...], bool]], cut: int) -> None:
    first, second = ProtectiveNode(), ProtectiveNode()
    for i, (value, sent) in enumerate(script):
        now = i * TICK_NS
        if i == cut:
            second.restore(first.snapshot())
        for node in (first, second) if i >= cut else (first,):
            if sent:
                node.take(commands(value, now, 3 * TICK_NS), now)
        if i >= cut:
            assert first.decide(now + TICK_NS, WARM) == second.decide(now + TICK_NS, WARM)
            assert first.snapshot() == second.snapshot()
        else:
            first.decide(now + TICK_NS, WARM)


def test_it_refuses_a_state_that_is_not_its_own() -> None:
    with pytest.raises(ValueError, match="node state of 3 bytes"):
        ProtectiveNode().restore(b"abc")
