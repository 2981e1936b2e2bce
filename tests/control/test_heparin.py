"""The heparin pump by phase (circuit 5): bolus, rate, cap, the end of it, waits, a counter that restarts."""

from dataclasses import replace

import pytest

from qh1a.control.heparin import BOLUS_ML_H, HeparinPump
from qh1a.control.phases import PLANS
from qh1a.settings import Prescription
from qh1a.tick import Actuator, IntentName, Quality, State
from tests.control.synthetic import treating
from tests.safety.bench import P4H, C, qualities, readings

A4 = P4H.anticoagulation
S = State
CAP_S = P4H.nominal_h * 3600.0 + P4H.marks.cap_extra_s


class Syringe:
    """The pump alone with a syringe that gives what is asked; a tick is a second."""

    def __init__(self, prescription: Prescription = P4H, read: float = 0.0) -> None:
        self.pump = HeparinPump(prescription)
        self.v = readings({C.V_HEP: read, C.TO_NOMINAL: -14400.0, C.WALL_TIME: 0.0})
        self.q = qualities()
        self.state = S.RAMP
        self.given = 0.0
        self.rate = 0.0

    def seconds(self, s: int) -> float:
        for _ in range(s):
            self.v[C.V_HEP] += self.rate / 3600.0
            self.given += self.rate / 3600.0
            self.rate = self.pump.step(PLANS[self.state].heparin, self.v, self.q)
        return self.rate

    def at(self, state: State) -> float:
        self.state = state
        return self.seconds(1)


def loaded() -> Syringe:
    """The bolus is in."""
    s = Syringe()
    assert s.seconds(400) == A4.rate_ml_h
    return s


def test_the_bolus_is_given_once_then_the_rate() -> None:
    s = Syringe()
    assert s.seconds(1) == BOLUS_ML_H
    s.seconds(round(A4.bolus_ml / BOLUS_ML_H * 3600.0) + 2)
    assert s.rate == A4.rate_ml_h
    assert s.given == pytest.approx(A4.bolus_ml, abs=2.0 * BOLUS_ML_H / 3600.0)
    s.at(S.PAUSE_PLASMA)
    assert s.at(S.RAMP) == A4.rate_ml_h


@pytest.mark.parametrize("state", S, ids=lambda s: s.name)
def test_which_states_give_heparin(state: State) -> None:
    given = {S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA}
    assert loaded().at(state) == (A4.rate_ml_h if state in given else 0.0)


def test_a_bolus_that_a_pause_cut_short_goes_on_after_it() -> None:
    s = Syringe()
    s.seconds(100)
    assert s.at(S.PAUSE_STOPPED) == 0.0
    half = s.given
    assert s.at(S.PAUSE_PLASMA) == A4.rate_ml_h
    s.seconds(600)
    waited = s.given - half
    assert s.at(S.RAMP) == BOLUS_ML_H
    s.seconds(400)
    assert s.rate == A4.rate_ml_h
    assert s.given - waited == pytest.approx(A4.bolus_ml + 90 / 3600.0 * A4.rate_ml_h, abs=0.1)


@pytest.mark.parametrize("state", [S.RAMP, S.TREAT, S.TREAT_END, S.PAUSE_PLASMA], ids=lambda s: s.name)
def test_the_cap_stops_it_everywhere(state: State) -> None:
    s = loaded()
    s.state = state
    s.v[C.V_HEP] += A4.cap_ml
    assert s.seconds(1) == 0.0
    assert s.seconds(3600) == 0.0


def test_a_dose_ends_before_the_predicted_end_and_an_extension_arms_it_again() -> None:
    s = loaded()
    s.state = S.TREAT
    s.v[C.TO_NOMINAL] = -1800.1
    assert s.seconds(1) == A4.rate_ml_h
    s.v[C.TO_NOMINAL] = -1800.0
    assert s.seconds(1) == 0.0
    s.v[C.TO_NOMINAL] -= 900.0  # extended
    assert s.seconds(1) == A4.rate_ml_h


def test_the_cap_of_wall_time_is_an_end_too() -> None:
    s = loaded()
    s.state = S.TREAT
    s.v[C.WALL_TIME] = CAP_S - 1800.1
    assert s.seconds(1) == A4.rate_ml_h
    s.v[C.WALL_TIME] = CAP_S - 1800.0
    assert s.seconds(1) == 0.0


@pytest.mark.parametrize("state", [S.TREAT_END, S.PAUSE_PLASMA], ids=lambda s: s.name)
def test_blood_that_circulates_while_treatment_waits_gets_the_rate(state: State) -> None:
    s = loaded()
    s.state = S.TREAT
    s.v[C.TO_NOMINAL] = 0.0
    assert s.seconds(1) == 0.0
    assert s.at(state) == A4.rate_ml_h


def test_a_counter_that_restarts_gives_no_second_bolus_and_no_second_cap() -> None:
    s = loaded()
    s.v[C.V_HEP] = 0.0
    assert s.seconds(1) == A4.rate_ml_h
    s.state = S.PAUSE_PLASMA
    s.seconds(round((A4.cap_ml - s.given) / A4.rate_ml_h * 3600.0) + 10)
    assert s.rate == 0.0
    assert s.given == pytest.approx(A4.cap_ml, abs=0.02)


def test_what_the_counter_showed_before_the_session_is_not_this_patients() -> None:
    s = Syringe(read=A4.cap_ml + 5.0)
    assert s.seconds(10) == BOLUS_ML_H


def test_nothing_without_the_counter_and_what_went_unseen_counts() -> None:
    s = Syringe()
    s.seconds(10)
    s.q[C.V_HEP] = int(Quality.STALE)
    assert s.seconds(1) == 0.0
    s.v[C.V_HEP] += A4.bolus_ml
    s.q[C.V_HEP] = 0
    assert s.seconds(1) == A4.rate_ml_h


def test_no_agent_no_heparin() -> None:
    s = Syringe(replace(P4H, anticoagulation=replace(A4, agent="none")))
    assert s.seconds(600) == 0.0


def test_in_the_kernel_a_plasma_pause_goes_on_at_the_rate_and_a_stop_ends_it() -> None:
    b = treating()
    b.run(30.0)
    assert b.sent(Actuator.HP) == b.prescription.anticoagulation.rate_ml_h
    b.ask(IntentName.PAUSE, "plasma")
    b.run(2.0)
    assert b.sent(Actuator.HP) == b.prescription.anticoagulation.rate_ml_h
    b.ask(IntentName.PAUSE, "stopped")
    b.run(1.0)
    assert b.sent(Actuator.HP) == 0.0
