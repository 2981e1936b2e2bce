"""The watchdog is proven by a real trip in every self-test; one that fails it lets nothing start (H34)."""

import asyncio
from collections.abc import Sequence

import pytest

from qh1a.channels import Channel
from qh1a.cli.plant import Bedside, build_plant, load_parts
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.hazards import NODE_RULES
from qh1a.node import NodeTrip
from qh1a.script import ScriptedOperator
from qh1a.sim.node import ProtectiveNode
from qh1a.sim.plant import SimPlant
from qh1a.tick import LEASE_NS, UNPOWERED, Decision, EventCode, IntentName, Quality, State
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.control.synthetic import Bench, brisk, brisk_tuning
from tests.safety.bench import LIMITS

C, S = Channel, State
NODE_S = brisk().preparation.self_node_s


def at_the_node() -> Bench:
    return Bench(brisk(), brisk_tuning()).to(S.SELF_NODE)


def failures(decisions: list[Decision]) -> list[tuple[str, float, str]]:
    found = [e for d in decisions for e in d.events if e.code is EventCode.CHECK_FAILED]
    return [(e.subject, e.value, e.detail) for e in found]


def leased(bench: Bench) -> int:
    return bench.decision.commands.valid_until - bench.now


def test_the_lease_is_withheld_until_the_node_says_that_it_has_tripped() -> None:
    bench = at_the_node()
    seen = []
    while not bench.plant.tripped:
        assert leased(bench) < 0, "void when it leaves"
        assert bench.decision.commands.value == UNPOWERED
        seen.append(bench.tick())
    bench.tick()
    assert leased(bench) == LEASE_NS, "from the tick on that sees the trip"
    assert bench.state is S.SELF_NODE
    seen += bench.until(S.SELF_PUMPS, NODE_S)
    assert bench.derived(C.NODE) == (0.0, Quality.GOOD), "armed again"
    assert not failures(seen)
    assert not [a for d in seen for a in d.alarms], "a trip that was asked for is no alarm"


def test_in_every_other_state_a_trip_of_the_node_is_an_alarm() -> None:
    bench = at_the_node()
    bench.until(S.SELF_PUMPS, NODE_S + 1.0)
    bench.plant.value[C.NODE] = 1.0
    assert [a.rule for a in bench.tick().alarms] == ["H33.1"]


def test_a_node_that_knows_no_lease_lets_nothing_start() -> None:
    bench = at_the_node()
    bench.plant.deaf = True
    seen = bench.until(S.SELF_WAIT, NODE_S + 1.0)
    assert failures(seen) == [("NODE", 0.0, "SELF_NODE")]
    assert leased(bench) == LEASE_NS, "the self-test is over, the machine is held as ever"


def test_a_node_that_does_not_arm_again_lets_nothing_start() -> None:
    bench = at_the_node()
    bench.run(1.0)
    bench.plant.value[C.NODE] = 1.0
    seen = bench.until(S.SELF_WAIT, NODE_S + 1.0)
    assert failures(seen) == [("NODE", 1.0, "SELF_NODE")]


@pytest.mark.parametrize(("late_s", "passed"), [(1.4, True), (1.6, False)])
def test_a_trip_that_comes_late_is_no_proof(late_s: float, passed: bool) -> None:
    bench = at_the_node()
    bench.plant.deaf = True
    bench.run(late_s)
    bench.plant.value[C.NODE] = 1.0
    bench.run(0.1)
    del bench.plant.value[C.NODE]
    seen = bench.run(NODE_S - late_s)
    assert (bench.state is S.SELF_PUMPS) is passed
    assert bool(failures(seen)) is not passed


def test_a_trip_that_nobody_can_read_is_no_proof() -> None:
    bench = at_the_node()
    bench.plant.quality[C.NODE] = Quality.COMM_LOST
    bench.run(1.5)
    del bench.plant.quality[C.NODE]
    bench.plant.deaf = True
    bench.plant.tripped = False
    assert failures(bench.until(S.SELF_WAIT, NODE_S)) == [("NODE", 0.0, "SELF_NODE")]


@pytest.mark.parametrize("word", [IntentName.STOP, IntentName.ABORT])
def test_somebody_who_stops_the_test_gets_a_held_machine(word: IntentName) -> None:
    bench = at_the_node()
    assert bench.ask(word) == ""
    assert bench.state is not S.SELF_NODE
    assert leased(bench) == LEASE_NS


# -- over the simulated circuit -----------------------------------------------------------------------------


class Deaf(ProtectiveNode):
    """Its timer is broken: the last commands hold for ever."""

    def decide(self, until: int, truth: Sequence[float], p_ven: float, warmer_c: float) -> tuple[float, ...]:
        self._valid_until = max(self._valid_until, until)
        return super().decide(until, truth, p_ven, warmer_c)


class Stuck(ProtectiveNode):
    """Its relay sticks once it has let go."""

    def decide(self, until: int, truth: Sequence[float], p_ven: float, warmer_c: float) -> tuple[float, ...]:
        self._calm_since = max(self._calm_since, until)
        return super().decide(until, truth, p_ven, warmer_c)


def sound(make: type[ProtectiveNode]) -> ProtectiveNode:
    """A node with the rules and limits that are in force."""
    return make(NODE_RULES, LIMITS.value)


def play(node: ProtectiveNode, seconds: float) -> tuple[SimPlant, list[Decision]]:
    """A bench session on the simulated plant with this node, the automatic operator at the console."""
    c = Configuration.load("bench-10min.toml")
    plant = build_plant(
        load_parts(c.prescription, "sim.toml", "aclf-typical.toml", None, {}), c.prescription, 1
    )
    asyncio.run(plant.open())
    plant._node = node  # noqa: SLF001 - the part under test has no seat of its own
    kernel = Kernel(c.prescription, c.limits, c.tuning, c.rig)
    operator, bedside = ScriptedOperator.of("auto", c.prescription), Bedside(plant)
    last: Decision | None = None
    seen = []
    for tick in range(round(seconds * 10)):
        now = Ns(tick * TICK_NS)
        frame = plant.read(now)
        intents = operator.poll(now, last)
        last = kernel.step(frame, intents)
        plant.apply(last.commands)
        bedside(frame, intents, last)
        seen.append(last)
    return plant, seen


def test_a_sound_node_trips_arms_again_and_the_self_test_takes_its_ten_seconds() -> None:
    node = sound(ProtectiveNode)
    plant, seen = play(node, 10.5)
    assert seen[-1].session.state is S.PRIME_BLOOD
    assert not failures(seen)
    assert not [a for d in seen for a in d.alarms]
    assert not node.tripped
    begun = next(i for i, d in enumerate(seen) if d.session.state is S.SELF_NODE)
    ended = next(i for i, d in enumerate(seen) if d.session.state is S.SELF_PUMPS)
    assert (ended - begun) * TICK_NS == 3 * NS_PER_S
    assert plant.kind.value == "SIM"


@pytest.mark.parametrize(("make", "value"), [(Deaf, 0.0), (Stuck, 1.0)])
def test_a_node_that_ignores_the_lease_or_stays_tripped_is_refused(
    make: type[ProtectiveNode], value: float
) -> None:
    node = sound(make)
    _, seen = play(node, 60.0)
    found = failures(seen)
    assert found
    assert set(found) == {("NODE", value, "SELF_NODE")}
    assert node.trip is (NodeTrip.NONE if make is Deaf else NodeTrip.LEASE)
    later = {S.SELF_PUMPS, *(s for s in S if s >= S.PRIME_LOAD)} - {
        S.SELF_NODE,
        S.SAFE,
        S.DISCONNECT,
        S.ENDED,
    }
    assert not later & {d.session.state for d in seen}
    assert not any(a > 0.0 for d in seen for a in d.commands.value[:9]), "no pump, no heat, no gas"


def test_the_operator_who_tries_three_times_gives_up() -> None:
    _, seen = play(sound(Deaf), 90.0)
    starts = [e for d in seen for e in d.events if e.code is EventCode.STATE and e.value == S.SELF_ZERO]
    assert len(starts) == len(failures(seen)) == 3
    assert seen[-1].session.state is S.SAFE
