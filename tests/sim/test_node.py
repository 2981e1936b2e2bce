"""The modelled protective node: leases to the nanosecond, its own rules, and a re-arm that is earned."""

import struct
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qh1a.cli.plant import build_node
from qh1a.hazards import NODE_RULES
from qh1a.node import SENSES, Fact, NodeRule, NodeTrip, Sense
from qh1a.settings import limits_crc
from qh1a.sim.node import AT_REST, CHECK_NS, HELD_STEPS, REARM_NS, ProtectiveNode
from qh1a.sim.truth import Truth
from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands
from qh1a.units import NS_PER_S, TICK_NS, Ns, nanoseconds
from tests.contract.subjects import LIMITS, commanded

RUNNING = tuple(120.0 if a is Actuator.BP else 1.0 for a in Actuator)
# Gas and the recirculation clamp may be on: they harm nobody while everything else stands still.
CALM = tuple(0.0 if a in AT_REST else 1.0 for a in Actuator)
WARM = 37.0
CUT_OFF_C = LIMITS["node_t_w_c"]
T, S, F = Truth, Sense, Fact


class Node(ProtectiveNode):
    """A node by its table and its limits; what it sees is set by hand, and all is well until then."""

    def __init__(self, rules: Sequence[NodeRule] = NODE_RULES) -> None:
        super().__init__(rules, LIMITS.value)
        self.truth = [0.0] * len(Truth)
        self.p_ven = 60.0

    def at(self, until: int, warmer_c: float = WARM) -> tuple[float, ...]:
        """What the actuators get for the step that ends at `until`."""
        return self.decide(until, self.truth, self.p_ven, warmer_c)

    def see(self, **truth: float) -> None:
        """What is really so from now on."""
        for name, value in truth.items():
            self.truth[Truth[name]] = value


def commands(value: tuple[float, ...], now: int, lease: int = LEASE_NS) -> Commands:
    return Commands(Ns(now + lease), value)


def tripped() -> Node:
    """A node that tripped at 2 s because its host fell silent at 0."""
    node = Node()
    node.take(commands(RUNNING, 0), 0)
    assert node.at(2 * NS_PER_S) == UNPOWERED
    assert node.trip is NodeTrip.LEASE
    return node


def calm(node: Node, times: Iterable[int]) -> None:
    for now in times:
        node.take(commands(CALM, now), now)


def test_before_the_first_command_it_holds_the_safe_state_untripped() -> None:
    node = Node()
    assert node.at(10 * NS_PER_S) == UNPOWERED
    assert not node.tripped


@given(st.integers(0, 2**50), st.integers(0, LEASE_NS))
def test_the_lease_ends_exactly_at_valid_until(now: int, lease: int) -> None:
    node = Node()
    node.take(commands(RUNNING, now, lease), now)
    assert node.at(now + lease) == RUNNING
    assert not node.tripped
    assert node.at(now + lease + 1) == UNPOWERED
    assert node.trip is NodeTrip.LEASE


@given(st.integers(1, 2**40))
def test_no_lease_is_longer_than_a_second(extra: int) -> None:
    node = Node()
    node.take(commands(RUNNING, 0, LEASE_NS + extra), 0)
    assert node.at(LEASE_NS) == RUNNING
    assert node.at(LEASE_NS + 1) == UNPOWERED


def test_void_commands_are_not_taken() -> None:
    node = Node()
    node.take(commands(CALM, 0), 0)
    node.take(Commands(Ns(100), RUNNING), 101)
    assert node.at(LEASE_NS) == CALM


def test_commands_are_renewed_by_each_lease() -> None:
    node = Node()
    for now in range(0, 5 * NS_PER_S, TICK_NS):
        node.take(commands(RUNNING, now), now)
        assert node.at(now + TICK_NS) == RUNNING


def test_a_trip_stays_against_any_running_command() -> None:
    node = tripped()
    for now in range(2 * NS_PER_S, 10 * NS_PER_S, TICK_NS):
        node.take(commands(RUNNING, now), now)
        assert node.at(now + TICK_NS) == UNPOWERED


def test_it_arms_again_after_a_second_of_calm_commands() -> None:
    node = tripped()
    begin = 3 * NS_PER_S
    calm(node, range(begin, begin + REARM_NS, TICK_NS))
    assert node.tripped
    assert node.at(begin + REARM_NS) == UNPOWERED
    calm(node, [begin + REARM_NS])
    assert node.at(begin + REARM_NS + TICK_NS) == CALM
    assert node.trip is NodeTrip.NONE


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
        assert node.at(until) == UNPOWERED
    assert node.tripped


def test_its_own_probe_cuts_the_warmer_off() -> None:
    node = Node()
    node.take(commands(RUNNING, 0), 0)
    assert node.at(TICK_NS, CUT_OFF_C - 0.01) == RUNNING
    assert node.at(2 * TICK_NS, CUT_OFF_C) == UNPOWERED
    assert node.trip is NodeTrip.HEAT
    assert node.at(3 * TICK_NS) == UNPOWERED


def test_it_does_not_arm_while_its_cause_is_there() -> None:
    node = Node()
    node.take(commands(RUNNING, 0), 0)
    cool = 4 * NS_PER_S
    for now in range(TICK_NS, cool + REARM_NS + TICK_NS, TICK_NS):
        node.at(now, 45.0 if now <= cool else WARM)
        calm(node, [now])
        assert node.trip is NodeTrip.HEAT
    calm(node, [cool + REARM_NS + TICK_NS])
    assert not node.tripped


def test_release_forgets_the_commands_but_not_a_trip() -> None:
    node = Node()
    node.take(commands(RUNNING, 0), 0)
    node.release()
    assert node.at(9 * NS_PER_S) == UNPOWERED
    assert not node.tripped
    node = tripped()
    node.release()
    assert node.tripped


@given(st.lists(st.tuples(st.sampled_from([RUNNING, CALM]), st.booleans()), max_size=40), st.integers(0, 40))
def test_a_restored_node_goes_on_alike(script: list[tuple[tuple[float, ...], bool]], cut: int) -> None:
    first, second = Node(), Node()
    for i, (value, sent) in enumerate(script):
        now = i * TICK_NS
        if i == cut:
            second.restore(first.snapshot())
        for node in (first, second) if i >= cut else (first,):
            if sent:
                node.take(commands(value, now, 3 * TICK_NS), now)
        if i >= cut:
            assert first.at(now + TICK_NS) == second.at(now + TICK_NS)
            assert first.snapshot() == second.snapshot()
        else:
            first.at(now + TICK_NS)


def test_it_refuses_a_state_that_is_not_its_own() -> None:
    with pytest.raises(ValueError, match="node state of 3 bytes"):
        Node().restore(b"abc")


# -- its own rules ------------------------------------------------------------------------------------------

OPEN = commanded(BP=130.0, RP=30.0, AC=1.0, VC=1.0, PC=1.0)
AT_WORK = {"N_BP": 12.5, "N_RP": 5.8, "POS_AC": 1.0, "POS_VC": 1.0, "POS_PC": 1.0}
"""A treatment, and what the node sees of it."""
STEPS = 200


def show(node: Node, rule: NodeRule, steps: int) -> None:
    """A reading `steps` of the sense's grid beyond the limit of a rule, in a treatment."""
    lsb = SENSES[rule.sense].lsb
    value = LIMITS[rule.limit] + (steps if rule.above else -steps) * lsb
    node.see(**AT_WORK)
    match rule.sense:
        case Sense.AIR_V:
            # Of the first count it is not sure.
            node.see(AIR_V_ML=node.truth[T.AIR_V_ML] + value + lsb)
        case Sense.AIR_P:
            node.see(AIR_P_ML=node.truth[T.AIR_P_ML] + value + lsb)
        case Sense.P_VEN:
            node.p_ven = value
            if not F.RETURN_RUNS & rule.when:
                node.see(N_RP=0.0)
        case Sense.TURNING:
            node.see(N_BP=0.0, N_RP=value, POS_VC=0.0)
        case Sense.BACKWARDS:
            node.see(N_BP=value)
        case Sense.UNCLOSED:
            node.see(POS_VC=float(value > 0.5))


def tripped_at(rule: NodeRule, steps: int, seconds: float, **else_: float) -> int | None:
    """When a node with this rule alone trips, ns after it saw first what the rule is about."""
    node = Node((rule,))
    warmer = LIMITS[rule.limit] + steps * SENSES[S.T_W].lsb if rule.sense is S.T_W else WARM
    sent = commanded(AC=1.0, PC=1.0) if rule.sense is S.UNCLOSED else OPEN
    node.at(0)
    begin = TICK_NS
    for now in range(begin, begin + nanoseconds(seconds) + TICK_NS, TICK_NS):
        node.take(commands(sent, now), now)
        if now == begin:
            show(node, rule, steps)
        node.see(**else_)
        node.at(now, warmer)
        if node.tripped:
            assert node.trip is rule.trip
            return now - begin
    return None


by_rule = pytest.mark.parametrize("rule", NODE_RULES, ids=[rule.id for rule in NODE_RULES])


@by_rule
def test_a_rule_trips_at_its_limit_and_a_step_beyond_but_not_a_step_before(rule: NodeRule) -> None:
    delay = nanoseconds(rule.delay_s)
    assert tripped_at(rule, 0, rule.delay_s + 1.0) == delay
    assert tripped_at(rule, 1, rule.delay_s + 1.0) == delay
    assert tripped_at(rule, -1, rule.delay_s + 1.0) is None


@by_rule
def test_a_rule_waits_for_its_delay_and_no_tick_longer(rule: NodeRule) -> None:
    assert tripped_at(rule, 1, rule.delay_s) == nanoseconds(rule.delay_s)
    if rule.delay_s:
        assert tripped_at(rule, 1, rule.delay_s - 0.1) is None


WITHOUT = {
    F.ACCESS_OPEN: {"POS_AC": 0.0},
    F.VC_OPEN: {"POS_VC": 0.0},
    F.VC_CLOSED: {"POS_VC": 0.5},
    F.PC_OPEN: {"POS_PC": 0.0},
    F.BLOOD_RUNS: {"N_BP": LIMITS["node_blood_runs_rpm"] - SENSES[S.TURNING].lsb},
    F.RETURN_RUNS: {"N_RP": LIMITS["node_turning_rpm"] - SENSES[S.TURNING].lsb},
}
"""What takes one fact away, and the smallest change that does."""


@pytest.mark.parametrize(
    ("rule", "fact"),
    [(r, f) for r in NODE_RULES for f in F if f & r.when],
    ids=[f"{r.id}-{f.name}" for r in NODE_RULES for f in F if f & r.when],
)
def test_a_rule_holds_only_where_all_its_facts_are_so(rule: NodeRule, fact: Fact) -> None:
    assert tripped_at(rule, 1, rule.delay_s + 1.0) is not None
    assert tripped_at(rule, 1, rule.delay_s + 1.0, **WITHOUT[fact]) is None
    just = {F.BLOOD_RUNS: ("N_BP", "node_blood_runs_rpm"), F.RETURN_RUNS: ("N_RP", "node_turning_rpm")}
    if fact in just:
        name, key = just[fact]
        assert tripped_at(rule, 1, rule.delay_s + 1.0, **{name: LIMITS[key]}) is not None


def test_a_break_starts_the_delay_again() -> None:
    node = Node()
    node.see(**AT_WORK)
    for step in range(1, 80):
        now = step * TICK_NS
        node.take(commands(OPEN, now), now)
        node.p_ven = 500.0 if step != 40 else 60.0
        node.at(now)
        assert not node.tripped
    for step in range(80, 92):
        node.take(commands(OPEN, step * TICK_NS), step * TICK_NS)
        node.at(step * TICK_NS)
    assert node.trip is NodeTrip.PRESSURE


def test_a_bubble_grows_until_three_clear_steps_and_is_held_for_a_second() -> None:
    lsb = SENSES[S.AIR_V].lsb
    node, seen = Node(), list[int]()
    node.see(AIR_V_ML=70.0)  # what had passed before it was switched on is no bubble
    node.at(0)
    amounts = [5, 5, 0, 0, 5, 0, 0, 0, 3, *[0] * (HELD_STEPS + 3)]
    total = round(70.0 / lsb)
    for step, counts in enumerate(amounts, 1):
        total += counts
        node.see(AIR_V_ML=(total + 0.5) * lsb)
        node.at(step * TICK_NS)
        seen.append(round(node._sense[S.AIR_V] / lsb))  # noqa: SLF001 - what it made of it
    # One count less than has passed; another bubble after three clear steps, held as the larger one.
    assert seen[:5] == [4, 9, 9, 9, 14]
    assert seen[5 : 8 + HELD_STEPS] == [14] * (3 + HELD_STEPS)
    assert seen[8 + HELD_STEPS] == 0


@pytest.mark.parametrize("clamp", ["AC", "VC", "PC"])
def test_each_of_the_patients_clamps_must_close_when_told(clamp: str) -> None:
    node = Node()
    node.see(**{f"POS_{clamp}": 0.5})
    shut = commanded(**{f"{c}": 1.0 for c in ("AC", "VC", "PC") if c != clamp})
    for step in range(12):
        node.take(commands(shut, step * TICK_NS), step * TICK_NS)
        node.at(step * TICK_NS)
        assert node.tripped == (step >= 10), step
    assert node.trip is NodeTrip.CLAMP_OPEN


@pytest.mark.parametrize("pump", ["N_BP", "N_RP"])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_either_pump_either_way_against_the_closed_venous_clamp(pump: str, way: float) -> None:
    node = Node()
    node.see(**{pump: way})
    for step in range(8):
        node.take(commands(OPEN, step * TICK_NS), step * TICK_NS)
        node.at(step * TICK_NS)
        assert node.tripped == (step >= 6), step
    assert node.trip is NodeTrip.CLAMP_SHUT


@pytest.mark.parametrize("pump", ["N_BP", "N_RP"])
def test_either_pump_backwards(pump: str) -> None:
    node = Node()
    node.see(**{**AT_WORK, pump: -1.0})
    for step in range(22):
        node.take(commands(OPEN, step * TICK_NS), step * TICK_NS)
        node.at(step * TICK_NS)
        assert node.tripped == (step >= 20), step
    assert node.trip is NodeTrip.BACKWARDS


def test_it_does_not_arm_with_a_clamp_open_that_was_told_to_close() -> None:
    node = tripped()
    node.see(POS_VC=1.0)
    begin = 3 * NS_PER_S
    for now in range(begin, begin + 5 * NS_PER_S, TICK_NS):
        node.at(now)
        calm(node, [now])
        assert node.tripped, "it armed with a clamp open"
    node.see(POS_VC=0.0)
    for now in range(begin + 5 * NS_PER_S, begin + 7 * NS_PER_S, TICK_NS):
        node.at(now)
        calm(node, [now])
    assert not node.tripped


# -- its own copy of the limits -----------------------------------------------------------------------------


def flipped(value: float, bit: int) -> float:
    """The number with one bit of its 64 the other way round."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    (other,) = struct.unpack("<d", struct.pack("<Q", bits ^ (1 << bit)))
    assert isinstance(other, float)
    return other


def test_the_crc_is_the_one_of_its_definition() -> None:
    # One buffer: "a", NUL, "b", then 1.0 and 2.0 as little-endian doubles; summed apart from the product.
    assert limits_crc({"b": 2.0, "a": 1.0}) == limits_crc({"a": 1.0, "b": 2.0}) == 0x56A7D6C8


@given(st.sampled_from(sorted(LIMITS.value)), st.integers(0, 63))
def test_any_flipped_bit_of_any_limit_is_another_crc(key: str, bit: int) -> None:
    assert limits_crc({**LIMITS.value, key: flipped(LIMITS[key], bit)}) != limits_crc(LIMITS.value)


def test_its_copy_is_its_own_and_summed_anew_every_ten_seconds() -> None:
    node = Node()
    assert node.crc == limits_crc(LIMITS.value)
    assert node.limits is not LIMITS.value
    node.at(TICK_NS)
    node.limits["air_bubble_ml"] = flipped(node.limits["air_bubble_ml"], 3)
    assert LIMITS["air_bubble_ml"] != node.limits["air_bubble_ml"]
    for step in range(2, 101):
        node.at(step * TICK_NS)
        assert node.crc == limits_crc(LIMITS.value)
    node.at(TICK_NS + CHECK_NS)
    assert node.crc == limits_crc(node.limits) != limits_crc(LIMITS.value)


def test_what_it_judges_by_is_what_it_has_summed() -> None:
    node = Node()
    node.at(0)
    node.limits["node_t_w_c"] = 38.0
    node.at(TICK_NS, 39.0)
    assert not node.tripped
    node.at(CHECK_NS, 39.0)
    assert node.trip is NodeTrip.HEAT


def test_a_restored_node_has_its_copy_back() -> None:
    first, second = Node(), Node()
    first.at(0)
    first.limits["node_t_w_c"] = 38.0
    second.restore(first.snapshot())
    for node in (first, second):
        node.at(TICK_NS, 39.0)
        assert not node.tripped
        node.at(CHECK_NS, 39.0)
        assert node.trip is NodeTrip.HEAT
    assert first.snapshot() == second.snapshot()
    whole = Node().snapshot()
    first.restore(whole)
    assert first.limits == LIMITS.value
    assert first.snapshot() == whole


def test_a_node_is_built_of_the_table_and_the_limits() -> None:
    node = build_node(LIMITS)
    assert node.limits == dict(LIMITS.value)
    assert node.decide(0, [0.0] * len(Truth), 0.0, CUT_OFF_C) == UNPOWERED
    assert node.trip is NodeTrip.HEAT
