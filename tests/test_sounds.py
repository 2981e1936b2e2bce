"""The alarm sounds, measured in their samples against IEC 60601-1-8 (clinical reference 3.3)."""

import io
import wave
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from qh1a.sounds import BURSTS, RATE_HZ, Burst, path, wav
from qh1a.tick import Priority

Floats = npt.NDArray[np.float64]
each = pytest.mark.parametrize("burst", BURSTS, ids=[b.priority.name for b in BURSTS])
PULSES = {Priority.HIGH: 10, Priority.MEDIUM: 3, Priority.LOW: 2}
PULSE_S = {Priority.HIGH: (0.075, 0.2), Priority.MEDIUM: (0.125, 0.25), Priority.LOW: (0.125, 0.25)}
GAP_S = {Priority.HIGH: (0.05, 0.125), Priority.MEDIUM: (0.125, 0.25), Priority.LOW: (0.125, 0.25)}
REPEAT_S = {Priority.HIGH: (2.5, 15.0), Priority.MEDIUM: (2.5, 30.0), Priority.LOW: (15.0, 1e9)}


@cache
def shipped(priority: Priority) -> Floats:
    """The file's samples, as a share of full scale."""
    return decoded(path(priority).read_bytes())


def decoded(content: bytes) -> Floats:
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0


def pulses(priority: Priority) -> list[tuple[float, float]]:
    """Where the envelope is above 90 % of its top: begin and end in s."""
    x = np.abs(shipped(priority))
    window = RATE_HZ // 200  # 5 ms: longer than a period of any fundamental here
    padded = np.pad(x, window)
    top = np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1).max(axis=1)
    loud = np.concatenate(([False], top >= 0.9 * top.max(), [False]))
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    # The window looks 5 ms beyond either end.
    return [((b + window) / RATE_HZ, (e - window) / RATE_HZ) for b, e in edges.reshape(-1, 2)]


def spectrum(priority: Priority) -> tuple[Floats, Floats]:
    begin, end = pulses(priority)[0]
    x = shipped(priority)[round(begin * RATE_HZ) : round(end * RATE_HZ)]
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 16))
    hz = np.fft.rfftfreq(1 << 16, 1.0 / RATE_HZ).astype(np.float64)
    return hz, 20.0 * np.log10(power / power.max() + 1e-9)


def peaks(priority: Priority) -> list[tuple[float, float]]:
    """Frequency and level (dB below the largest) of the peaks above -30 dB."""
    hz, level = spectrum(priority)
    inner = (level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]) & (level[1:-1] > -30.0)
    return [(float(f), float(db)) for f, db in zip(hz[1:-1][inner], level[1:-1][inner], strict=True)]


@each
def test_the_shipped_file_is_the_synthesised_one(burst: Burst) -> None:
    made = wav(burst)
    assert len(path(burst.priority).read_bytes()) == len(made)
    # One step of 16 bit: sines differ in their last bit from one machine to the next.
    assert np.abs(shipped(burst.priority) - decoded(made)).max() <= 1.0 / 32768.0


def test_every_priority_that_sounds_has_one() -> None:
    assert {b.priority for b in BURSTS} == set(Priority) - {Priority.NONE}


@each
def test_the_pulses_are_as_many_and_as_long_as_the_standard_wants(burst: Burst) -> None:
    found = pulses(burst.priority)
    assert len(found) == PULSES[burst.priority]
    lo, hi = PULSE_S[burst.priority]
    assert all(lo <= end - begin <= hi for begin, end in found)


@each
def test_the_gaps_between_pulses_are_those_of_the_standard(burst: Burst) -> None:
    found = pulses(burst.priority)
    gaps = [after[0] - before[1] for before, after in pairwise(found)]
    lo, hi = GAP_S[burst.priority]
    if burst.priority is not Priority.HIGH:
        assert all(lo <= gap <= hi for gap in gaps)
        return
    pulse = found[0][1] - found[0][0]
    for n, gap in enumerate(gaps):
        if n == 4:  # between the two fives
            assert 0.35 <= gap <= 1.30
        elif n in {2, 7}:  # between the 3rd and the 4th of five
            short = gaps[0]
            assert gap == pytest.approx(2.0 * short + pulse, abs=0.02)
        else:
            assert lo <= gap <= hi


@each
def test_a_burst_is_repeated_within_the_time_of_its_priority(burst: Burst) -> None:
    lo, hi = REPEAT_S[burst.priority]
    assert lo <= burst.repeat_s <= hi


@each
def test_four_peaks_within_15_db_and_a_low_fundamental(burst: Burst) -> None:
    found = peaks(burst.priority)
    fundamental = min(hz for hz, _ in found)
    assert 150.0 <= fundamental <= 1000.0
    audible = sorted((db for hz, db in found if 150.0 <= hz <= 4000.0), reverse=True)
    assert len(audible) >= 4
    assert audible[3] >= -15.0


def test_the_priorities_differ_in_loudness_and_pitch_in_their_order() -> None:
    def loudness(priority: Priority) -> float:
        begin, end = pulses(priority)[0]
        part = shipped(priority)[round(begin * RATE_HZ) : round(end * RATE_HZ)]
        return float(np.sqrt((part**2).mean()))

    order = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)
    levels = [loudness(p) for p in order]
    pitches = [min(hz for hz, _ in peaks(p)) for p in order]
    assert levels == sorted(levels, reverse=True)
    assert pitches == sorted(pitches, reverse=True)


@each
def test_nothing_clips_or_clicks(burst: Burst) -> None:
    x = shipped(burst.priority)
    assert np.abs(x).max() < 0.99
    assert abs(x[0]) < 0.01
    assert abs(x[-1]) < 0.01
