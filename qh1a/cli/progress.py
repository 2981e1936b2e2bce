"""The progress bar of a run: on a terminal only, on stderr only."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.clock import Clock
from qh1a.config.texts import Texts, load_texts
from qh1a.runtime import Observer
from qh1a.settings import Prescription
from qh1a.tick import Decision, Frame, Intent, Quality
from qh1a.units import NS_PER_S

_EVERY: Final = 10
"""Ticks between two looks at the wall clock."""
_REFRESH_NS: Final = NS_PER_S // 5
_SHOWN: Final = (Channel.Q_B, Channel.Q_P, Channel.TMP, Channel.T_BR, Channel.BALANCE)


@contextmanager
def progress(prescription: Prescription, clock: Clock) -> Iterator[Sequence[Observer]]:
    """The observers that show a run: none when nobody watches."""
    if not sys.stderr.isatty():
        yield ()
        return
    bar = Progress(
        TextColumn("{task.description}", table_column=Column(width=18, no_wrap=True)),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[line]}", table_column=Column(no_wrap=True, ratio=1)),
        console=Console(stderr=True),
        auto_refresh=False,
    )
    total = prescription.nominal_h * 3600.0
    with bar:
        yield (_Shown(bar, bar.add_task("SIM", total=total, line=""), total, clock, load_texts()),)


class _Shown:
    """An observer that draws a few times a second of wall time."""

    def __init__(self, bar: Progress, task: TaskID, total_s: float, clock: Clock, texts: Texts) -> None:
        self._bar, self._task, self._total_s, self._clock, self._texts = bar, task, total_s, clock, texts
        self._ticks = 0
        self._due = 0
        self._last = (clock.wall_ns(), 0)

    def __call__(self, frame: Frame, _: Sequence[Intent], decision: Decision) -> None:
        self._ticks += 1
        if self._ticks % _EVERY:
            return
        wall = self._clock.wall_ns()
        if wall < self._due:
            return
        self._due = wall + _REFRESH_NS
        before, then = self._last
        self._last = (wall, frame.now)
        speed = (frame.now - then) / max(wall - before, 1)
        effective_s = decision.session.effective_ns / NS_PER_S
        self._bar.update(
            self._task,
            completed=effective_s,
            description=f"SIM {decision.session.state.name}",
            line=_line(frame, decision, effective_s, self._total_s, speed, self._texts),
            refresh=True,
        )


def _line(
    frame: Frame, decision: Decision, effective_s: float, total_s: float, speed: float, texts: Texts
) -> str:
    parts = [f"{_clock(effective_s)}/{_clock(total_s)}"]
    parts += [_figure(frame, decision, channel) for channel in _SHOWN]
    parts.append(f"{speed:,.0f}x")
    if decision.alarms:
        first = decision.alarms[0]
        text = texts.rule.get(first.rule)
        more = f" +{len(decision.alarms) - 1}" if len(decision.alarms) > 1 else ""
        parts.append(f"{first.priority.name} {text.title if text else first.rule}{more}")
    return "  ".join(parts)


def _figure(frame: Frame, decision: Decision, channel: Channel) -> str:
    row = CHANNELS[channel]
    if channel < N_MEASURED:
        value, quality = frame.value[channel], frame.quality[channel]
    else:
        at = channel - N_MEASURED
        value, quality = decision.derived[at], decision.derived_quality[at]
    return f"{row.id} {value:.{row.decimals}f}" if quality == Quality.GOOD else f"{row.id} -"


def _clock(seconds: float) -> str:
    minutes, s = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{s:02d}"
