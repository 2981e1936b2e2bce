"""A healthy controller in a healthy circuit never needs the supervisor: what its loops want is what leaves.

Whole bench sessions over the physics. The only differences allowed are two waits that are no event: PC stays
open until the return pump stands (I11, half a second at most), and plasma waits for the blood pump to turn.
"""

import pytest

from qh1a.channels import Channel
from qh1a.tick import Actuator, Quality, Response, State
from tests.control.synthetic import Bench, brisk, brisk_tuning
from tests.sessions.unblocked import Blocked, Ear, Healthy, found, longest, waits

PATIENTS = (
    "aclf-typical.toml", "aclf-mild.toml", "aclf-severe.toml", "small-anaemic.toml", "aclf-300#17",
    "aclf-300#101",
)  # fmt: skip
CASES = (
    *(Healthy(f"{who} left alone", who, seed) for seed, who in enumerate(PATIENTS, 2)),
    *(
        Healthy(f"blood to {blood} and back", seed=20 + n, does=((40.0, f"blood_ml_min {blood}"),
                (140.0, "blood_ml_min 130")))
        for n, blood in enumerate((100, 150, 180))
    ),
    *(Healthy(f"pause {kind}", seed=30 + n, does=((100.0, f"pause {kind}"),))
      for n, kind in enumerate(("plasma", "stopped"))),
    # Where the rollers' swing is slowest, and where what is set comes nearest to I3 and I12.
    Healthy("the least blood", seed=20, does=((60.0, "blood_ml_min 80"),)),
    Healthy("three tenths", seed=43, does=((60.0, "plasma_ml_min 39"),), may=("H12.1",)),
    Healthy("nearly three tenths", seed=45, does=((60.0, "plasma_ml_min 34"),)),
    Healthy("little perfusion", seed=44, does=((60.0, "perfusion_ml_min 38"),)),
    Healthy("the least perfusion", seed=46, does=((60.0, "plasma_ml_min 20"), (80.0, "perfusion_ml_min 30"))),
    Healthy("patient off", seed=32, does=((100.0, "pause patient_off"),), may=("H25.1",)),
    Healthy("stop", seed=32, does=((120.0, "stop"),)),
    Healthy("a pause at the end of the ramp", seed=33, does=((0.0, "pause plasma"), (1.0, "pause stopped"))),
    Healthy("extension", "aclf-mild.toml", 40, ((350.0, "extend 30"),)),
    Healthy("an early end", "aclf-severe.toml", 41, ((200.0, "end"),)),
    Healthy("less and more plasma", seed=42, does=((60.0, "plasma_ml_min 24"), (150.0, "plasma_ml_min 33"))),
    Healthy("more perfusion", seed=43, does=((60.0, "perfusion_ml_min 200"), (150.0, "perfusion_ml_min 80"))),
    Healthy("warmth, oxygen, pH", seed=44,
            does=((60.0, "temperature_c 38"), (120.0, "do_in_mmhg 170"), (180.0, "ph 7.3"))),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_what_the_loops_want_is_what_leaves(case: Healthy) -> None:
    trace, ear = case.run()
    assert found(trace, ear, case.may) == []
    assert set(case.may) <= {rule for _, rule in trace.raised()}
    assert ear.ticks > 4000


def test_the_ear_hears_what_is_taken_away() -> None:
    bench = Bench(brisk(), brisk_tuning()).to(State.TREAT)
    ear = Ear()
    ear.listen(bench.kernel)
    bench.run(2.0)
    assert ear.heard == []
    bench.plant.quality[Channel.T_W1] = Quality.STALE
    bench.run(1.0)
    assert {b.actuator for b in ear.heard if b not in waits(ear)} == {Actuator.W}
    assert ear.responses >= {Response.R2W}


def test_only_two_waits_are_no_event() -> None:
    ear = Ear()
    ear.heard = [
        Blocked(1, State.TREAT, Actuator.PC, 0.0, 1.0, ()),
        Blocked(2, State.TREAT, Actuator.PP, 1.0, 0.0, ()),
        Blocked(3, State.TREAT, Actuator.PP, 1.0, 0.0, (2,)),
        Blocked(4, State.TREAT, Actuator.PC, 1.0, 0.0, ()),
        Blocked(5, State.TREAT, Actuator.PP, 1.0, 0.5, ()),
        Blocked(6, State.TREAT, Actuator.HP, 2.0, 0.0, ()),
    ]
    assert waits(ear) == set(ear.heard[:2])
    assert [longest(ticks) for ticks in ((), (4,), (1, 2, 3, 7, 8))] == [0, 1, 3]
