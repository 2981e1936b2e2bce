"""A patient clamp that was closed and opens by itself (H30)."""

import pytest

from qh1a.channels import Channel
from qh1a.tick import Actuator, Quality
from tests.safety.bench import A, Bench, C

CLAMPS = ((A.AC, C.POS_AC), (A.VC, C.POS_VC), (A.PC, C.POS_PC))
each_clamp = pytest.mark.parametrize(("clamp", "position"), CLAMPS, ids=[a.name for a, _ in CLAMPS])


def shut() -> Bench:
    """A bench with all three closed on command."""
    bench = Bench().seconds(1)
    bench.command(AC=0.0, VC=0.0, PC=0.0)
    for _, position in CLAMPS:
        bench[position] = 0.0
    return bench.seconds(1)


@each_clamp
@pytest.mark.parametrize("to", [0.5, 1.0])
def test_a_closed_clamp_that_opens_without_a_command_is_counted(
    clamp: Actuator, position: Channel, to: float
) -> None:
    bench = shut()
    assert bench[C.CLAMP_ESCAPED] == 0.0
    bench[position] = to
    assert bench.run()[C.CLAMP_ESCAPED] == 1.0
    bench[position] = 0.0
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0
    bench.command(**{clamp.name: 1.0})
    bench[position] = to
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0  # told to


@each_clamp
def test_one_that_has_not_closed_yet_has_not_escaped(clamp: Actuator, position: Channel) -> None:
    bench = Bench().seconds(1)
    bench.command(**{clamp.name: 0.0})
    for value in (1.0, 0.5, 1.0):
        bench[position] = value
        assert bench.seconds(2)[C.CLAMP_ESCAPED] == 0.0
    bench.command(**{clamp.name: 1.0})
    bench.run().command(**{clamp.name: 0.0})
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0


@each_clamp
def test_a_position_that_is_lost_is_no_escape(clamp: Actuator, position: Channel) -> None:
    bench = shut()
    bench.lose(position, quality=Quality.COMM_LOST)
    bench[position] = 1.0
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0
    bench.find(position)
    assert bench.run()[C.CLAMP_ESCAPED] == 1.0  # it was closed when it was seen last
    assert clamp in {A.AC, A.VC, A.PC}


def test_all_three_are_counted() -> None:
    bench = shut()
    for _, position in CLAMPS:
        bench[position] = 1.0
    assert bench.run()[C.CLAMP_ESCAPED] == 3.0


@each_clamp
def test_one_that_was_opened_on_command_may_take_its_time_to_close_again(
    clamp: Actuator, position: Channel
) -> None:
    bench = shut()
    bench.command(**{clamp.name: 1.0})
    bench[position] = 1.0
    bench.seconds(1).command(**{clamp.name: 0.0})
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0
    bench[position] = 0.5
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0
    bench[position] = 0.0
    assert bench.run()[C.CLAMP_ESCAPED] == 0.0
    bench[position] = 0.5
    assert bench.run()[C.CLAMP_ESCAPED] == 1.0
