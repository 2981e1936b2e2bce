"""The simulated plant: time, leases to the step, the perfusionist's hands, faults, exact continuation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qh1a.channels import Channel
from qh1a.node import NodeTrip
from qh1a.plant import Plant, PlantKind
from qh1a.sim.fault_row import Profile
from qh1a.sim.faults import BY_NAME, ScriptedFault
from qh1a.sim.plant import PATIENT_OFF, SimPlant
from qh1a.sim.truth import Truth
from qh1a.tick import (
    LEASE_NS,
    UNPOWERED,
    Commands,
    Frame,
    Intent,
    IntentName,
    Outcome,
    Phase,
    SessionView,
    State,
)
from qh1a.units import TICK_NS, Ns
from tests.contract.subjects import RUNNING, commanded, sim_plant

TREATING = commanded(BP=130.0, PP=30.0, CP=100.0, RP=30.0, W=37.5, AC=1.0, VC=1.0, PC=1.0, RC=1.0, BV=1.0)
LEASE_TICKS = LEASE_NS // TICK_NS


def view(state: State) -> SessionView:
    return SessionView(state, State.SELF_WAIT, False, 0, Outcome.OPEN, 0, 0, 0, 0, 0.0)


def intent(name: IntentName, key: str = "") -> Intent:
    return Intent(1, name, key)


def run(plant: SimPlant, first: int, ticks: int, command: tuple[float, ...] | None = None) -> Frame:
    """Read ticks `first`.. and renew `command` after each; gives the last frame."""
    frame = plant.read(Ns(first * TICK_NS))
    for tick in range(first, first + ticks):
        now = Ns(tick * TICK_NS)
        frame = plant.read(now)
        if command is not None:
            plant.apply(Commands(Ns(now + LEASE_NS), command))
    return frame


def connected() -> SimPlant:
    plant = sim_plant()
    plant.hands(view(State.CONNECT_VENOUS), [intent(IntentName.CONNECTED)])
    return plant


async def test_it_is_a_plant_that_says_it_is_simulated() -> None:
    plant: Plant = sim_plant()
    assert plant.kind is PlantKind.SIM
    assert all(i.serial.startswith("SIM-") for i in await plant.open())


# Time.


def test_the_first_read_lets_no_time_pass() -> None:
    plant = sim_plant()
    before = plant.truth.copy()
    frame = plant.read(Ns(123_456_789))
    assert plant.truth.tobytes() == before.tobytes()
    assert set(frame.at) == {123_456_789}


def test_the_same_run_from_another_zero_of_time_is_the_same() -> None:
    frames = []
    for origin in (0, 987_654_321_012):
        plant = sim_plant()
        for tick in range(40):
            now = Ns(origin + tick * TICK_NS)
            frame = plant.read(now)
            plant.apply(Commands(Ns(now + LEASE_NS), TREATING))
        frames.append((frame.value, tuple(t - origin for t in frame.at)))
    assert frames[0] == frames[1]


def test_time_between_steps_waits_for_the_next_step() -> None:
    plant = sim_plant()
    plant.read(Ns(0))
    frame = plant.read(Ns(TICK_NS - 1))
    assert max(frame.at) == 0
    frame = plant.read(Ns(2 * TICK_NS + 5))
    assert (frame.now, max(frame.at)) == (2 * TICK_NS + 5, 2 * TICK_NS)


def test_one_long_read_is_many_short_ones() -> None:
    first, second = connected(), connected()
    run(first, 0, 20, TREATING)
    run(second, 0, 20, TREATING)
    for tick in range(20, 60):
        short = first.read(Ns(tick * TICK_NS))
    assert second.read(Ns(59 * TICK_NS)) == short
    assert first.truth.tobytes() == second.truth.tobytes()


# Leases.


@given(st.integers(0, LEASE_TICKS), st.integers(0, TICK_NS - 1))
@settings(max_examples=30)
def test_commands_are_in_force_for_the_steps_that_end_within_the_lease(ticks: int, part: int) -> None:
    plant = sim_plant()
    plant.read(Ns(0))
    lease = min(ticks * TICK_NS + part, LEASE_NS)
    plant.apply(Commands(Ns(lease), RUNNING))
    for tick in range(1, LEASE_TICKS + 4):
        frame = plant.read(Ns(tick * TICK_NS))
        assert frame.value[Channel.NODE] == float(tick * TICK_NS > lease)


def test_a_pump_never_runs_on_after_its_lease() -> None:
    plant = connected()
    run(plant, 0, 30, TREATING)
    plant.read(Ns((29 + LEASE_TICKS) * TICK_NS))
    at_end = plant.truth[Truth.N_BP]
    plant.read(Ns((30 + LEASE_TICKS) * TICK_NS))
    assert at_end > 10.0
    assert plant.truth[Truth.N_BP] < at_end


async def test_make_safe_lets_no_time_pass_and_a_new_command_works() -> None:
    plant = sim_plant()
    run(plant, 0, 20, RUNNING)
    before = plant.truth.copy()
    assert (await plant.make_safe()).unconfirmed == ()
    assert plant.truth.tobytes() == before.tobytes()
    frame = run(plant, 20, 20)
    assert frame.value[Channel.NODE] == 0.0
    assert plant.truth[Truth.N_BP] == pytest.approx(0.0, abs=0.01)
    frame = run(plant, 40, 20, RUNNING)
    assert plant.truth[Truth.N_BP] > 5.0


# The perfusionist.


def blood_flows(plant: SimPlant, tick: int) -> tuple[bool, bool]:
    """Whether blood leaves the patient, and whether something enters, with the blood pump running."""
    run(plant, tick, 40, commanded(BP=80.0, AC=1.0, VC=1.0))
    return bool(plant.truth[Truth.Q_ACC_IN] > 1.0), bool(plant.truth[Truth.Q_VEN_OUT] > 1.0)


def test_hands_connect_and_disconnect_as_the_operator_says() -> None:
    plant = sim_plant()
    assert blood_flows(plant, 0) == (False, False)
    plant.hands(view(State.CONNECT_ACCESS), [intent(IntentName.CONFIRM)])
    assert blood_flows(plant, 40) == (True, False)
    plant.hands(view(State.CONNECT_VENOUS), [intent(IntentName.CONNECTED)])
    assert blood_flows(plant, 80) == (True, True)
    plant.hands(view(State.TREAT), [intent(IntentName.PAUSE, "plasma")])
    assert blood_flows(plant, 120) == (True, True)
    plant.hands(view(State.PAUSE_STOPPED), [intent(IntentName.PAUSE, PATIENT_OFF)])
    assert blood_flows(plant, 160) == (False, False)
    plant.hands(view(State.CONNECT_VENOUS), [intent(IntentName.CONNECTED)])
    plant.hands(view(State.DISCONNECT), [intent(IntentName.DISCONNECTED)])
    assert blood_flows(plant, 200) == (False, False)


def test_with_the_prime_going_to_the_patient_both_lines_are_connected_at_once() -> None:
    plant = sim_plant(prime_to_patient=True)
    plant.hands(view(State.CONNECT_ACCESS), [intent(IntentName.CONFIRM)])
    assert blood_flows(plant, 0) == (True, True)


def test_an_injected_fault_is_borne_from_the_next_tick_on() -> None:
    plant, healthy = sim_plant(), sim_plant()
    for tick in range(20):
        assert plant.read(Ns(tick * TICK_NS)) == healthy.read(Ns(tick * TICK_NS))
    wish = Intent(1, IntentName.INJECT, "pressure_offset", 5.0)
    plant.hands(view(State.TREAT), [wish])
    frames = [p.read(Ns(20 * TICK_NS)) for p in (plant, healthy)]
    off = [p - q for p, q in zip(frames[0].value, frames[1].value, strict=True)]
    assert [(Channel(c).name, round(d, 1)) for c, d in enumerate(off) if d] == [("P_VEN", 5.0)]


def test_other_words_move_no_hands() -> None:
    plant = sim_plant()
    for state in State:
        words = set(IntentName) - {IntentName.CONNECTED, IntentName.DISCONNECTED, IntentName.INJECT}
        if state is State.CONNECT_ACCESS:
            words -= {IntentName.CONFIRM}
        plant.hands(view(state), [intent(name) for name in words])
    assert blood_flows(plant, 0) == (False, False)


# Faults.


def fault(name: str, at_s: float, duration_s: float | None = None) -> ScriptedFault:
    row = BY_NAME[name]
    return ScriptedFault(row, at_s, duration_s, row.default, Profile.STEP, Phase.RAMP)


def treated(faults: list[ScriptedFault], ticks: int, command: tuple[float, ...] = TREATING) -> SimPlant:
    plant = sim_plant(faults=faults)
    plant.hands(view(State.CONNECT_VENOUS), [intent(IntentName.CONNECTED)])
    plant.witness(view(State.CONNECT_VENOUS))
    run(plant, 0, 100, command)
    plant.witness(view(State.RAMP))
    run(plant, 100, ticks, command)
    return plant


@pytest.mark.parametrize(
    ("name", "signal", "lo", "hi"),
    [
        ("access_needle_on_wall", Truth.P_ACC, -400.0, -140.0),
        ("return_line_kink", Truth.P_VEN, 80.0, 2000.0),
        ("return_disconnection", Truth.BLOOD_LOST_ML, 5.0, 30.0),
        ("separation_pump_stall", Truth.Q_P, -3.0, 3.0),
        ("perfusion_pump_stall", Truth.N_CP, -0.1, 0.1),
        ("air_in_return_line", Truth.AIR_V_ML, 0.05, 2.0),
        ("heater_stuck_on", Truth.HEATER_W, 59.0, 61.0),
    ],
)
def test_each_fault_shows_in_the_truth(name: str, signal: Truth, lo: float, hi: float) -> None:
    plant = treated([fault(name, 2.0)], 120)
    healthy = treated([], 120)
    assert lo <= plant.truth[signal] <= hi
    assert not lo <= healthy.truth[signal] <= hi


def test_a_fault_begins_and_ends_on_its_step() -> None:
    plant = treated([fault("separation_pump_stall", 1.0, 2.0)], 0)
    speed = []
    for tick in range(101, 150):
        run(plant, tick, 1, TREATING)
        speed.append(plant.truth[Truth.N_PP])
    # RAMP was witnessed at tick 99; the fault is on from 1 s, that is from the step that begins at tick 109.
    assert speed[8] == pytest.approx(speed[0], rel=0.01)
    assert speed[9] < 0.9 * speed[8]
    assert speed[28] < 0.1
    assert speed[29] > speed[28]


def test_the_node_cuts_off_a_stuck_heater() -> None:
    stuck = [fault("heater_stuck_on", 0.0)]
    slow = commanded(CP=10.0, W=38.0, RC=1.0, BV=1.0)
    plant = treated(stuck, 1800, slow)
    frame = run(plant, 1900, 1, slow)
    assert frame.value[Channel.NODE] == NodeTrip.HEAT
    assert plant.truth[Truth.HEATER_W] == 0.0


# Sensors.


def test_transducers_are_zeroed_in_the_self_test() -> None:
    worst_before = worst_after = 0.0
    for seed in range(12):
        plant = sim_plant(seed)
        run(plant, 0, 5)
        frames = [run(plant, 5 + i, 1).value for i in range(50)]
        plant.witness(view(State.SELF_ZERO))
        zeroed = [run(plant, 60 + i, 1).value for i in range(50)]
        true = float(plant.truth[Truth.P_ACC])
        worst_before = max(worst_before, abs(sum(f[Channel.P_ACC] for f in frames) / 50 - true))
        worst_after = max(worst_after, abs(sum(f[Channel.P_ACC] for f in zeroed) / 50 - true))
    assert worst_before > 1.5
    assert worst_after < 1.4


# Continuation.


@given(st.integers(0, 60), st.integers(0, 30))
@settings(max_examples=12)
def test_a_restored_plant_goes_on_bit_identically(ticks: int, silent: int) -> None:
    faults = [fault("return_line_kink", 1.0, 2.0), fault("air_in_return_line", 0.5)]
    first = sim_plant(faults=faults)
    first.hands(view(State.CONNECT_VENOUS), [intent(IntentName.CONNECTED)])
    run(first, 0, 5, TREATING)
    first.witness(view(State.RAMP))
    run(first, 5, ticks, TREATING)
    run(first, 5 + ticks, silent)
    state = first.snapshot()
    second = sim_plant(faults=faults)
    second.restore(state)
    assert second.snapshot() == state
    begin = 5 + ticks + silent
    for plant in (first, second):
        plant.witness(view(State.RAMP))
    for tick in range(begin, begin + 30):
        command = TREATING if tick % 7 else UNPOWERED
        assert run(first, tick, 1, command) == run(second, tick, 1, command)
        assert first.truth.tobytes() == second.truth.tobytes()
    assert first.snapshot() == second.snapshot()


def test_a_state_of_something_else_is_refused() -> None:
    plant = sim_plant()
    run(plant, 0, 3, RUNNING)
    state = plant.snapshot()
    for wrong in (b"", b"x" * len(state), state[:-1], state + b"\0"):
        with pytest.raises(ValueError, match="state of a simulated plant"):
            sim_plant().restore(wrong)
    with pytest.raises(ValueError, match="another seed"):
        sim_plant(seed=2).restore(state)
