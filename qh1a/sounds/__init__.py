"""The alarm sounds after IEC 60601-1-8: one burst per priority, as WAV files beside this one.

`python -m qh1a.sounds` writes the files anew. The figures lie inside the limits of the standard (clinical
reference 3.3). A burst is pulses of one chord; which ones, and how often, is what says its
priority to somebody who cannot see the screen.
"""

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.tick import Priority

RATE_HZ: Final = 22050
HARMONICS: Final = (1.0, 0.8, 0.65, 0.5)
"""Amplitudes of the fundamental and the next three: four peaks within 15 dB, so that a room that swallows one
does not swallow the alarm."""
EDGE_S: Final = 0.02
"""Rise and fall of a pulse: quicker it clicks."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst. Times in s between the points where a pulse is at full strength.

    `gaps`: silence before each pulse but the first. `repeat_s`: from the end of a burst to the next one.
    `level`: peak over full scale.
    """

    priority: Priority
    fundamental_hz: float
    pulse_s: float
    gaps: tuple[float, ...]
    repeat_s: float
    level: float


_X: Final = 0.10
_FIVE: Final = (_X, _X, 2.0 * _X + 0.15, _X)
BURSTS: Final = (
    Burst(Priority.HIGH, 523.0, 0.15, (*_FIVE, 0.70, *_FIVE), 4.0, 0.9),
    Burst(Priority.MEDIUM, 440.0, 0.20, (0.20, 0.20), 7.5, 0.75),
    Burst(Priority.LOW, 330.0, 0.20, (0.20,), 20.0, 0.6),
)


def samples(burst: Burst) -> npt.NDArray[np.int16]:
    """The burst at `RATE_HZ`, 16 bit."""
    step = burst.pulse_s + EDGE_S  # an edge lies on either side of the full strength, and half in each gap
    starts = [0.0]
    for gap in burst.gaps:
        starts.append(starts[-1] + burst.pulse_s + gap)
    length = round((starts[-1] + step + EDGE_S) * RATE_HZ)
    t = np.arange(length) / RATE_HZ
    chord = sum(
        a * np.sin(2.0 * np.pi * burst.fundamental_hz * n * t) for n, a in enumerate(HARMONICS, start=1)
    )
    strength = np.zeros(length)
    for start in starts:
        inside = np.minimum(t - start, start + step + EDGE_S - t) / EDGE_S
        strength = np.maximum(strength, 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0.0, 1.0)))
    sound = chord / np.abs(chord).max() * strength * burst.level
    return np.asarray(np.round(sound * 32767.0), dtype="<i2")


def wav(burst: Burst) -> bytes:
    """The burst as a WAV file, mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples(burst).tobytes())
    return file.getvalue()


def path(priority: Priority) -> Path:
    """Where the sound of a priority is."""
    return Path(__file__).parent / f"{priority.name.lower()}.wav"
