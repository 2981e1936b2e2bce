"""Faults of sensors: one channel is spoilt, on its grid and in its range, and all else is as it was."""

import numpy as np
import pytest

from qh1a.channels import CHANNELS, Channel
from qh1a.sim.fault_row import FaultRow, Profile
from qh1a.sim.fault_table import FAULTS
from qh1a.sim.faults import BY_NAME, ScriptedFault
from qh1a.sim.misreading import Misreading
from qh1a.sim.plant import SimPlant
from qh1a.tick import Frame, Phase, Quality, SessionView, State
from tests.contract.subjects import ROWS, sim_plant
from tests.sim.test_sim_plant import TREATING, run, view

OF_SENSORS = [row for row in FAULTS if row.channels]
TICKS = 60
"""Watched from tick 10. RAMP is entered at tick 9: a fault from 1 s to 3 s spoils ticks 20 to 39."""
BEGIN, END = 10, 30
"""The same counted from tick 10."""
RAMP: SessionView = view(State.RAMP)


def scripted(name: str, channel: Channel, magnitude: float | None = None) -> ScriptedFault:
    row = BY_NAME[name]
    value = row.default if magnitude is None else magnitude
    return ScriptedFault(row, 1.0, 2.0, value, Profile.STEP, Phase.RAMP, channel)


def plant_in_ramp(*faults: ScriptedFault) -> SimPlant:
    plant = sim_plant(faults=faults)
    run(plant, 0, 10, TREATING)
    plant.witness(RAMP)
    return plant


def frames(*faults: ScriptedFault) -> list[Frame]:
    plant = plant_in_ramp(*faults)
    return [run(plant, tick, 1, TREATING) for tick in range(10, 10 + TICKS)]


def seen(of: list[Frame], channel: Channel) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([frame.value[channel] for frame in of])


HEALTHY = frames()


@pytest.mark.parametrize("row", OF_SENSORS, ids=lambda row: row.name)
def test_each_channel_it_may_be_of_is_spoilt_alone_and_only_while_it_lasts(row: FaultRow) -> None:
    for channel in row.channels[:6]:
        spoilt = frames(scripted(row.name, channel))
        for tick, (frame, healthy) in enumerate(zip(spoilt, HEALTHY, strict=True)):
            for c in set(range(len(frame.value))) - {channel}:
                assert frame.value[c] == healthy.value[c], (channel, c)
                assert frame.at[c] == healthy.at[c], (channel, c)
            if tick < BEGIN:
                assert frame == healthy
        # A slow sensor keeps what it showed until it samples again.
        slow = max(r.figures.period_s for r in ROWS if r.channel is channel)
        rest = END + round(10.0 * slow)
        assert seen(spoilt, channel)[rest:].tolist() == seen(HEALTHY, channel)[rest:].tolist()


def test_an_offset_is_added_once_on_the_grid() -> None:
    for channel in (Channel.P_VEN, Channel.DO_IN):
        name = "pressure_offset" if channel is Channel.P_VEN else "oxygen_sensor_fouling"
        off = seen(frames(scripted(name, channel)), channel)
        expected = seen(HEALTHY, channel)
        during = slice(22, 28)
        spoilt = expected + 15.0 if channel is Channel.P_VEN else expected * 0.7
        lsb = CHANNELS[channel].lsb
        assert off[during] == pytest.approx(spoilt[during], abs=lsb)
        assert off / lsb == pytest.approx(np.rint(off / lsb), abs=1e-6)


def test_a_reading_stays_in_its_range() -> None:
    high = seen(frames(scripted("noise_burst", Channel.P_VEN, 5000.0)), Channel.P_VEN)
    row = CHANNELS[Channel.P_VEN]
    assert row.lo <= high.min()
    assert high.max() <= row.hi
    assert high[BEGIN:END].std() > 100.0


def test_a_frozen_reading_looks_fresh_and_a_lost_one_ages() -> None:
    frozen = frames(scripted("pressure_frozen", Channel.P_VEN))
    lost = frames(scripted("readings_lost", Channel.P_VEN))
    for shown in (frozen, lost):
        assert set(seen(shown, Channel.P_VEN)[BEGIN:END]) == {HEALTHY[BEGIN - 1].value[Channel.P_VEN]}
    assert [f.at[Channel.P_VEN] for f in frozen] == [f.at[Channel.P_VEN] for f in HEALTHY]
    assert {f.at[Channel.P_VEN] for f in lost[BEGIN:END]} == {HEALTHY[BEGIN - 1].at[Channel.P_VEN]}
    assert all(f.quality[Channel.P_VEN] == Quality.GOOD for f in (*frozen, *lost))


@pytest.mark.parametrize("row", OF_SENSORS, ids=lambda row: row.name)
def test_a_restored_plant_misreads_alike(row: FaultRow) -> None:
    fault = scripted(row.name, row.channels[0])
    first = plant_in_ramp(fault)
    run(first, 10, 15, TREATING)
    second = sim_plant(faults=[fault])
    second.restore(first.snapshot())
    for tick in range(25, 50):
        assert run(first, tick, 1, TREATING) == run(second, tick, 1, TREATING)


def test_every_misreading_has_a_fault() -> None:
    assert {row.disturbance for row in OF_SENSORS} == set(Misreading)
