"""What the controller may rely on, whatever is below it."""

import pytest

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.tick import LEASE_NS, UNPOWERED, Actuator, Commands, Delivery, Frame, Quality
from qh1a.units import NS_PER_S, TICK_NS, Ns
from tests.contract.subjects import CALM, RUNNING, SUBJECTS, Subject, commanded

PUMPS = (Channel.N_BP, Channel.N_PP, Channel.N_CP, Channel.N_RP)
PATIENT_CLAMPS = (Channel.POS_AC, Channel.POS_VC, Channel.POS_PC)
LEASE_TICKS = LEASE_NS // TICK_NS
SETTLED = 20
"""Ticks by which pumps and clamps have done what they were told."""


def is_safe(frame: Frame) -> bool:
    """Whether every pump stands still and the patient is clamped off, as measured."""
    stopped = all(abs(frame.value[c]) < 0.3 for c in PUMPS)
    return stopped and all(frame.value[c] == 0.0 for c in PATIENT_CLAMPS)


def deliveries(frame: Frame) -> list[float]:
    return [frame.value[Channel.DLV_BP + a] for a in Actuator]


def well_formed(frame: Frame, now: Ns) -> None:
    assert frame.now == now
    assert len(frame.value) == len(frame.at) == len(frame.quality) == N_MEASURED
    assert {type(x) for x in frame.value} == {float}
    assert {type(x) for x in frame.at + frame.quality} == {int}
    for channel in range(N_MEASURED):
        row, value = CHANNELS[channel], frame.value[channel]
        assert frame.at[channel] <= now, row.id
        assert value == float(round(value / row.lsb)) * row.lsb, row.id
        quality = Quality(frame.quality[channel])
        assert quality is not Quality.GOOD or row.lo <= value <= row.hi, row.id
        assert quality is not Quality.NOT_FITTED or value == 0.0, row.id


@pytest.mark.parametrize("name", SUBJECTS)
async def test_open_gives_the_identity_of_every_device(name: str) -> None:
    made = SUBJECTS[name]()
    identities = await made.plant.open()
    assert identities
    assert len({i.serial for i in identities}) == len(identities)
    assert all(i.device and i.serial for i in identities)
    assert made.plant.kind is made.kind
    await made.plant.close()
    made.clock.close()


async def test_a_frame_is_well_formed_whatever_happens(subject: Subject) -> None:
    well_formed(subject.read(), subject.clock.now())
    for command in (None, RUNNING, None, CALM, RUNNING):
        for _ in range(5):
            frame = await subject.tick(command)
            well_formed(frame, subject.clock.now())


async def test_reading_twice_at_once_changes_nothing(subject: Subject) -> None:
    await subject.tick(RUNNING, 5)
    frame = subject.read()
    assert subject.plant.read(frame.now) == frame


async def test_fresh_channels_stay_fresh(subject: Subject) -> None:
    for _ in range(20):
        frame = await subject.tick(RUNNING)
        for channel in range(N_MEASURED):
            if frame.quality[channel] == Quality.GOOD:
                age_s = (frame.now - frame.at[channel]) / NS_PER_S
                assert age_s <= CHANNELS[channel].stale_s, CHANNELS[channel].id


async def test_without_any_command_it_is_safe_and_not_tripped(subject: Subject) -> None:
    frame = await subject.tick(ticks=3 * LEASE_TICKS)
    assert is_safe(frame)
    assert frame.value[Channel.NODE] == 0.0


async def test_commands_are_carried_out(subject: Subject) -> None:
    frame = await subject.tick(RUNNING, SETTLED)
    assert frame.value[Channel.N_BP] > 1.0
    assert frame.value[Channel.N_CP] > 1.0
    assert abs(frame.value[Channel.N_RP]) < 0.3
    assert [frame.value[c] for c in PATIENT_CLAMPS] == [1.0, 1.0, 0.0]
    assert frame.value[Channel.NODE] == 0.0


async def test_delivery_is_pending_then_confirmed(subject: Subject) -> None:
    await subject.tick(CALM, SETTLED)
    assert set(deliveries(subject.read())) == {Delivery.CONFIRMED}
    subject.apply(commanded(G_AIR=50.0, CP=60.0))
    frame = subject.read()
    assert frame.value[Channel.DLV_CP] == Delivery.PENDING
    assert frame.value[Channel.DLV_BP] == Delivery.CONFIRMED
    for _ in range(5):
        frame = await subject.tick(commanded(G_AIR=50.0, CP=60.0))
        if frame.value[Channel.DLV_CP] == Delivery.CONFIRMED:
            break
    assert set(deliveries(frame)) == {Delivery.CONFIRMED}


async def test_apply_is_idempotent(subject: Subject) -> None:
    await subject.tick(RUNNING, SETTLED)
    for _ in range(5):
        subject.apply(RUNNING)
    frame = await subject.tick(RUNNING)
    assert set(deliveries(frame)) == {Delivery.CONFIRMED}
    assert frame.value[Channel.NODE] == 0.0


async def test_a_lease_that_is_renewed_in_time_holds(subject: Subject) -> None:
    for _ in range(4):
        frame = await subject.tick(ticks=LEASE_TICKS - 2)
        subject.apply(RUNNING)
        assert frame.value[Channel.NODE] == 0.0
    assert not is_safe(frame)


async def test_silence_makes_it_safe(subject: Subject) -> None:
    await subject.tick(RUNNING, SETTLED)
    frame = await subject.tick(ticks=LEASE_TICKS + 5)
    assert frame.value[Channel.NODE] == 1.0
    assert is_safe(await subject.tick(ticks=5))


async def test_a_host_that_comes_back_after_a_gap_finds_it_safe(subject: Subject) -> None:
    await subject.tick(RUNNING, SETTLED)
    await subject.clock.sleep_until(Ns(subject.clock.now() + 3 * NS_PER_S))
    frame = subject.read()
    well_formed(frame, subject.clock.now())
    assert is_safe(frame)
    assert frame.value[Channel.NODE] == 1.0


async def test_a_command_that_is_already_void_does_nothing(subject: Subject) -> None:
    subject.plant.apply(Commands(Ns(subject.clock.now() - 1), RUNNING))
    assert is_safe(await subject.tick(ticks=5))


async def test_a_trip_is_left_only_by_a_second_of_calm(subject: Subject) -> None:
    await subject.tick(RUNNING, SETTLED)
    await subject.tick(ticks=LEASE_TICKS + 5)
    frame = await subject.tick(RUNNING, 2 * LEASE_TICKS)
    assert frame.value[Channel.NODE] == 1.0
    assert is_safe(frame)
    assert frame.value[Channel.DLV_BP] == Delivery.PENDING
    frame = await subject.tick(CALM, LEASE_TICKS // 2)
    assert frame.value[Channel.NODE] == 1.0
    frame = await subject.tick(CALM, LEASE_TICKS)
    assert frame.value[Channel.NODE] == 0.0
    frame = await subject.tick(RUNNING, SETTLED)
    assert not is_safe(frame)


async def test_make_safe_stops_everything_and_may_be_called_again(subject: Subject) -> None:
    await subject.tick(RUNNING, SETTLED)
    for _ in range(2):
        report = await subject.plant.make_safe()
        assert report.unconfirmed == ()
    assert is_safe(await subject.tick(ticks=SETTLED))


async def test_the_unpowered_state_is_what_silence_leaves(subject: Subject) -> None:
    await subject.tick(tuple(1.0 - x if x in {0.0, 1.0} else x for x in UNPOWERED), 5)
    frame = await subject.tick(ticks=2 * LEASE_TICKS)
    for a in Actuator:
        if a >= Actuator.AC:
            assert frame.value[Channel.POS_AC + (a - Actuator.AC)] == UNPOWERED[a], a.name
