"""The supervisor at the very value where it begins to bite, at nothing asked, and before its first tick."""

import math
from collections.abc import Mapping

import pytest

from qh1a.channels import Channel
from qh1a.control import supervisor as product
from qh1a.control.supervisor import SECOND_TICKS, Supervisor
from qh1a.tick import Actuator, Response, State
from qh1a.units import TICK_NS, Ns
from tests.safety.bench import (
    LIMITS,
    QUIET,
    RIG,
    START,
    A,
    C,
    S,
    active,
    bits,
    commands,
    qualities,
    readings,
)
from tests.safety.test_interlocks import Machine


def test_before_its_first_tick_nothing_has_bitten() -> None:
    assert Supervisor(LIMITS, RIG).bits == 0


@pytest.mark.parametrize(("asked", "sent"), [(29.9, 0.0), (30.0, 30.0), (40.5, 40.5), (math.nan, 0.0)])
def test_the_warmer_knows_off_and_its_least(asked: float, sent: float) -> None:
    machine = Machine().tick(want={A.W: asked})
    assert machine.out[A.W] == sent
    assert machine.bits == 0


@pytest.mark.parametrize("clamp", [A.RC, A.AC])
def test_a_clamp_that_is_to_close_closes(clamp: Actuator) -> None:
    assert Machine().tick(want={clamp: 0.0}).out[clamp] == 0.0


@pytest.mark.parametrize("speed", [0.2, -0.2])
def test_a_pump_at_the_least_speed_turns(speed: float) -> None:
    machine = Machine().tick({C.N_BP: speed})
    assert not machine.bits & bits(2)
    assert (machine.out[A.RP]) == 30.0
    returning = Machine().tick().tick({C.N_RP: speed}, responses=active(Response.R2))
    assert returning.out[A.PC] == 1.0  # I11: it waits for the rotor


def test_a_return_pump_below_the_least_speed_stands() -> None:
    assert Machine().tick().tick({C.N_RP: 0.19}, responses=active(Response.R2)).out[A.PC] == 0.0
    lost = Machine().tick().tick(lost=(C.N_RP,), responses=active(Response.R2))
    assert lost.out[A.PC] == 0.0


@pytest.mark.parametrize("eye", [C.AIR_V, C.AIR_P])
def test_the_plasma_clamp_does_not_wait_when_air_cannot_be_seen(eye: Channel) -> None:
    assert Machine().tick().tick(lost=(eye,), responses=active(Response.R2)).out[A.PC] == 0.0


def test_a_plasma_clamp_that_was_closed_does_not_open_to_wait() -> None:
    machine = Machine().tick({C.N_RP: 0.0}, responses=active(Response.R2))
    assert machine.out[A.PC] == 0.0
    assert machine.tick(responses=active(Response.R2)).out[A.PC] == 0.0


def test_the_wait_of_the_plasma_clamp_begins_anew_each_time() -> None:
    machine = Machine().tick()
    for _ in range(2):
        closing = [machine.tick(responses=active(Response.R2)).out[A.PC] for _ in range(6)]
        assert closing == [1.0] * 5 + [0.0]
        assert machine.tick().out[A.PC] == 1.0


@pytest.mark.parametrize("response", [Response.R4S, Response.R4, Response.R5])
def test_the_plasma_clamp_does_not_wait_where_the_ladder_closes_or_keeps_everything(
    response: Response,
) -> None:
    machine = Machine().tick(responses=active(response))
    assert machine.out[A.PC] == (1.0 if response is Response.R4S else 0.0)
    assert machine.tick(want={A.PC: 0.0}, responses=active(Response.R4)).out[A.PC] == 0.0


@pytest.mark.parametrize(
    ("changes", "want"),
    [({C.Q_C_2S: 10.0}, {}), ({}, {A.CP: 10.0}), ({C.Q_C: 10.0}, {})],
)
def test_the_least_perfusion_is_enough_for_heat_and_gas(
    changes: Mapping[Channel, float], want: Mapping[Actuator, float]
) -> None:
    machine = Machine()
    for _ in range(SECOND_TICKS):
        machine.tick(changes, want={**want, A.RP: 0.0})
        assert machine.bits == 0


def test_the_second_is_full_before_a_low_flow_counts() -> None:
    machine = Machine()
    for _ in range(SECOND_TICKS - 1):
        assert machine.tick({C.Q_B: 60.0, C.Q_C: 20.0}).bits == 0
    machine.tick({C.Q_B: 60.0, C.Q_C: 20.0})
    assert machine.out[A.PP] == pytest.approx(18.0)
    assert machine.out[A.RP] == pytest.approx(17.0)
    assert machine.bits == bits(3, 12)
    assert machine.tick().bits == 0  # one tick of flow


def test_the_second_begins_with_the_first_tick() -> None:
    supervisor = Supervisor(LIMITS, RIG)
    low = readings({C.Q_B: 60.0, C.Q_C: 20.0})
    out = supervisor.step(START, commands(), low, qualities(), S.TREAT, QUIET)
    assert out[A.RP] == pytest.approx(17.0)
    assert out[A.PP] == pytest.approx(18.0)


def test_a_flow_that_is_not_measured_for_a_second_is_none() -> None:
    machine = Machine()
    for _ in range(SECOND_TICKS):
        machine.tick(lost=(C.Q_B, C.Q_C))
    assert machine.out[A.PP] == machine.out[A.RP] == machine.out[A.W] == 0.0
    assert machine.bits == bits(3, 12, 13)


def test_the_slightest_flow_is_stopped_like_any_other() -> None:
    slow = {A.PP: 0.4, A.RP: 0.4, A.HP: 0.4}
    machine = Machine().tick({C.N_BP: 0.0, C.BLOOD_STOP_S: 30.0}, want=slow)
    assert machine.out[A.PP] == machine.out[A.RP] == machine.out[A.HP] == 0.0
    assert machine.bits == bits(2, 6)


def test_what_is_not_asked_cannot_be_bitten() -> None:
    nothing = dict.fromkeys((A.BP, A.PP, A.CP, A.RP, A.HP, A.W, A.G_O2, A.G_AIR, A.G_CO2), 0.0)
    blind = (C.AIR_V, C.P_VEN, C.Q_B_2S, C.Q_C_2S, C.POS_VC, C.POS_PC, C.N_BP, C.T_W1)
    for state in S:
        machine = Machine(state).tick({C.T_W1: 45.0, C.BLOOD_STOP_S: 99.0}, blind, nothing)
        assert machine.bits == 0, state.name
        assert all(machine.out[a] == 0.0 for a in nothing), state.name


def test_exactly_what_a_phase_allows_is_not_bitten() -> None:
    off = {A.PP: 0.0, A.RP: 0.0, A.HP: 0.0}
    for state in (S.READY, S.CONNECT_FILL):
        machine = Machine(state).tick(want={A.BP: 100.0, **off})
        assert (machine.out[A.BP], machine.bits) == (100.0, 0)
    pattern = {A.BP: 20.0, A.CP: 20.0, A.PP: 5.0, A.RP: 20.0, A.HP: 0.0, A.W: 0.0}
    machine = Machine(S.SELF_PUMPS).tick(want=pattern)
    assert all(machine.out[a] == x for a, x in pattern.items())
    assert machine.bits == 0


@pytest.mark.parametrize("pump", [A.BP, A.CP, A.RP])
def test_beyond_the_test_pattern_it_is_bitten(pump: Actuator) -> None:
    pattern = {A.BP: 20.0, A.CP: 20.0, A.PP: 5.0, A.RP: 20.0, A.HP: 0.0, A.W: 0.0, pump: 20.1}
    machine = Machine(S.SELF_PUMPS).tick(want=pattern)
    assert machine.out[pump] == 20.0
    assert machine.bits == bits(9)


def test_the_return_pump_turns_in_the_self_test_without_perfusion() -> None:
    pattern = {A.BP: 20.0, A.CP: 20.0, A.PP: 5.0, A.RP: 20.0, A.HP: 0.0, A.W: 0.0}
    gas = dict.fromkeys((A.G_O2, A.G_AIR, A.G_CO2), 0.0)
    machine = Machine(S.SELF_PUMPS).tick({C.Q_C_2S: 0.0}, want=pattern | gas)
    assert (machine.out[A.RP], machine.bits) == (20.0, 0)


def test_a_pump_to_be_slowed_that_has_no_least_flow_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "LEAST_FLOW", {})
    assert Machine().tick(responses=active(Response.R2B)).out[A.BP] == 0.0


def test_a_pump_that_is_slower_than_its_least_is_not_hurried() -> None:
    assert Machine().tick(want={A.BP: 40.0}, responses=active(Response.R2B)).out[A.BP] == 40.0


def test_each_change_of_what_is_in_force_counts_at_once() -> None:
    machine = Machine().tick(responses=active(Response.R2))
    assert machine.out[A.W] == 37.4
    assert machine.tick(responses=active(Response.R2W)).out[A.W] == 0.0
    assert machine.tick(responses=active(Response.R2)).out[A.W] == 37.4


def test_what_is_held_may_stay_what_it_is() -> None:
    held = active(Response.R1, holds=(A.PP,))
    machine = Machine().tick(responses=held)
    assert machine.stopped()
    assert machine.bits == 0


def test_heparin_counts_from_the_last_command_of_blood_not_from_the_first() -> None:
    machine = Machine()
    machine.tick(want={A.BP: 0.0, A.PP: 0.0, A.RP: 0.0})
    machine.now = Ns(machine.now + 20 * TICK_NS)
    machine.tick()
    machine.now = Ns(machine.now + 298 * TICK_NS)
    still = machine.tick({C.N_BP: 0.0}, want={A.BP: 0.0, A.PP: 0.0, A.RP: 0.0})
    assert (still.out[A.HP], still.bits) == (2.0, 0)


@pytest.mark.parametrize("state", [S.TREAT_END, S.PAUSE_PLASMA, S.RINSE_PLASMA, S.RINSE_BLOOD])
def test_the_balance_concerns_what_returns_on_its_account_only(state: State) -> None:
    assert not Machine(state).tick({C.BALANCE_ABS: 500.0}).bits & bits(7)


def test_blood_runs_without_its_eyes_before_anybody_is_connected() -> None:
    off = {A.PP: 0.0, A.RP: 0.0, A.HP: 0.0, A.BP: 100.0}
    for state in (S.READY, S.CONNECT_FILL, S.PRIME_BLOOD):
        machine = Machine(state).tick({C.POS_AC: 0.0}, (C.P_VEN, C.P_ACC, C.P_PRE), off)
        assert (machine.out[A.BP], machine.bits) == (100.0, 0), state.name


@pytest.mark.parametrize("response", [Response.R0, Response.R1, Response.R2])
def test_a_response_holds_nothing_that_it_does_not_name(response: Response) -> None:
    machine = Machine().tick(want={A.CP: 80.0})
    assert machine.tick(responses=active(response)).out[A.CP] == 100.0


@pytest.mark.parametrize("state", [S.SELF_WAIT, S.SELF_PUMPS, S.DISCONNECT])
def test_no_heat_before_the_priming_and_after_the_end(state: State) -> None:
    off = dict.fromkeys((A.BP, A.PP, A.RP, A.HP), 0.0)
    machine = Machine(state).tick(want={A.CP: 20.0 if state is S.SELF_PUMPS else 0.0, **off})
    assert machine.out[A.W] == 0.0
    assert machine.bits & bits(9)
    assert not machine.bits & ~bits(9, 13)


@pytest.mark.parametrize("pump", [A.BP, A.RP])
def test_i01_stops_each_of_its_pumps_by_itself(pump: Actuator) -> None:
    alone = dict.fromkeys((A.BP, A.PP, A.RP), 0.0) | {pump: 30.0}
    machine = Machine().tick({C.POS_VC: 0.0}, want=alone)
    assert machine.out[pump] == 0.0
    assert machine.bits == bits(1)


def test_the_slightest_blood_flow_counts_for_heparin() -> None:
    slow = {A.BP: 0.5, A.PP: 0.0, A.RP: 0.0}
    machine = Machine()
    for _ in range(301):
        machine.tick(want=slow)
    assert (machine.out[A.HP], machine.bits) == (2.0, 0)


@pytest.mark.parametrize(("state", "asked", "sent"), [
    (S.READY, 100.1, 100.0), (S.CONNECT_FILL, 130.0, 100.0), (S.READY_TEST, 10.0, 0.0),
    (S.CONNECT_ACCESS, 0.1, 0.0), (S.CONNECT_VENOUS, 10.0, 0.0), (S.PAUSE_STOPPED, 10.0, 0.0),
    (S.PATIENT_OFF, 10.0, 0.0), (S.SAFE, 10.0, 0.0), (S.DISCONNECT, 10.0, 0.0), (S.ENDED, 10.0, 0.0),
])  # fmt: skip
def test_i09_alone_tells_that_blood_was_slowed(state: State, asked: float, sent: float) -> None:
    off = dict.fromkeys((A.PP, A.CP, A.RP, A.HP, A.W, A.G_O2, A.G_AIR, A.G_CO2), 0.0)
    machine = Machine(state).tick(want={A.BP: asked, **off})
    assert (machine.out[A.BP], machine.bits) == (sent, bits(9))
