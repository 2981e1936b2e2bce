"""Intents that steer nothing: notes, injected faults; and the set points that every tick tells."""

from dataclasses import replace
from typing import Literal

import pytest

from qh1a.channels import N_MEASURED, Channel
from qh1a.control.kernel import Kernel
from qh1a.tick import EventCode, IntentName, Quality
from tests.control.synthetic import Bench, limits, rig, treating, tuning

Kind = Literal["SIM", "RIG", "BENCH"]


def on_kind(kind: Kind) -> Bench:
    """A session at its start on a machine of this kind."""
    b = Bench()
    b.kernel = Kernel(b.prescription, limits(), tuning(), replace(rig(), kind=kind))
    return b


def test_a_note_is_kept_word_by_word_and_an_empty_one_refused() -> None:
    b = treating()
    assert b.ask(IntentName.ENTER, "note", why="patient turned to the left") == ""
    event = b.decision.events[0]
    assert (event.code, event.subject, event.detail) == (
        EventCode.ENTERED,
        "note",
        "patient turned to the left",
    )
    assert b.ask(IntentName.ENTER, "note", why="  ") == "REASON_NEEDED"


@pytest.mark.parametrize(("kind", "answer"), [("SIM", ""), ("RIG", ""), ("BENCH", "NOT_HERE")])
def test_faults_are_injected_where_there_is_no_patient(kind: Kind, answer: str) -> None:
    b = on_kind(kind)
    assert b.ask(IntentName.INJECT, "return_line_kink", 3.0) == answer
    entered = [(e.subject, e.value) for e in b.decision.events if e.code is EventCode.ENTERED]
    assert entered == ([] if answer else [("return_line_kink", 3.0)])


def test_the_set_points_in_force_are_told_from_the_first_tick() -> None:
    b = treating()

    def shown() -> tuple[float, ...]:
        return b.decision.derived[Channel.Q_B_SET - N_MEASURED : Channel.PH_SET + 1 - N_MEASURED]

    f = b.prescription.flows
    first = Bench()
    first.tick()
    assert {
        first.decision.derived_quality[c - N_MEASURED] for c in range(Channel.Q_B_SET, Channel.PH_SET)
    } == {Quality.GOOD}
    assert shown() == (
        f.blood_ml_min, f.plasma_ml_min, f.perfusion_ml_min, f.temperature_c, f.do_in_mmhg, f.ph
    )  # fmt: skip
    assert b.ask(IntentName.SET, "blood_ml_min", 104.0) == ""
    assert list(shown()[:2]) == pytest.approx([104.0, 0.8 * f.plasma_ml_min])
    b.ask(IntentName.SET, "blood_ml_min", 1000.0)
    assert shown()[0] == 104.0
