"""The drawings of a report, as SVG text: the course of the session and the strips, on one time axis."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qh1a.channels import CHANNELS, Channel
from qh1a.report.configs import number, rows, text
from qh1a.report.data import Study, Trace
from qh1a.report.decimate import Envelope, decimate, steps
from qh1a.report.events import Flags, Floats, Span, coarse, joined, response_text
from qh1a.report.sheet import (
    ALARM,
    BLUE,
    BLUE_BAND,
    INK,
    LEFT,
    MUTED,
    PHASE,
    RIGHT,
    RULE_GREY,
    SIZE,
    VIOLET,
    VIOLET_BAND,
    WIDTH,
    Sheet,
    bare,
    columns,
    marks,
    merged,
    phase_band,
    sheet_of,
    style,
    svg,
    time_axis,
    width_in,
)
from qh1a.report.strips import Group, Level, Strip, levels
from qh1a.tick import Phase, Response

_DASHES: Final = {
    "warn": (0, (4.0, 2.0)),
    "trip": (0, ()),
    "limiter": (0, (1.0, 1.6)),
    "set": (0, (6.0, 1.5, 1.0, 1.5)),
}


def _runs(t: Floats, on: Flags) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], on, [False])).astype(np.int8)))
    return [(float(t[a]), float(t[min(b, t.size - 1)])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def timeline(study: Study) -> str:
    """Phases, responses, alarms by priority, the operator's hand and injected faults over wall time."""
    lane, gap = 0.19, 0.05
    faults = rows(study.configs, "faults", "fault") or rows(study.configs, "faults")
    lanes = 5 + bool(faults)
    height = 0.34 + lanes * (lane + gap) + 0.24
    with style():
        sheet = sheet_of(study, height)
        band = phase_band(sheet, 0.02, 0.28, study.spans)
        _label(band, "phase", "")
        top = 0.36

        def next_lane(name: str, note: str) -> Axes:
            nonlocal top
            ax = sheet.axes(top, lane)
            bare(ax)
            ax.set_ylim(0, 1)
            ax.axhline(0.5, color="#DDE0E8", linewidth=0.6, zorder=0)
            _label(ax, name, note)
            top += lane + gap
            return ax

        for priority, (fill, _, _) in ALARM.items():
            alarms = [a for a in study.alarms if a.priority is priority]
            ax = next_lane(priority.name.lower(), f"{len(alarms)} alarm{'s' * (len(alarms) != 1)}")
            stood = [(a.raised, sheet.x[1] if a.cleared is None else a.cleared) for a in alarms]
            ax.broken_barh(merged(stood, sheet.x), (0.28, 0.44), facecolor=fill, edgecolor="none", zorder=2)
            marks(ax, alarms, 0.5, 26)
        response = study.traces.get(Channel.RESPONSE)
        stops = [] if response is None else _runs(response.t, response.good & (response.v >= Response.R2))
        ax = next_lane("response", f"{len(stops)} × R2 or above")
        ax.broken_barh(merged(stops, sheet.x), (0.2, 0.6), facecolor=INK, edgecolor=INK, linewidth=0.5)
        asked = len(study.intents_at)
        hands = columns(study.intents_at, sheet.x)
        ax = next_lane("operator", f"{asked} intent{'s' * (asked != 1)}")
        ax.scatter(hands, [0.5] * len(hands), s=22, marker="|", color=BLUE, linewidth=0.8, clip_on=False)
        if faults:
            _fault_lane(next_lane("faults", f"{len(faults)} injected"), study, sheet)
        time_axis(ax, sheet.x, labels=False)
        axis = sheet.axes(top - gap, 0.001)
        bare(axis)
        axis.spines["bottom"].set_visible(True)
        axis.tick_params(axis="x", length=2.5, labelbottom=True)
        time_axis(axis, sheet.x, labels=True)
        return svg(sheet.figure, "timeline")


def _label(ax: Axes, name: str, note: str) -> None:
    ax.annotate(name, (0, 0.5), (-4, 0), "axes fraction", "offset points", ha="right", va="center", color=INK)
    ax.annotate(note, (1, 0.5), (5, 0), "axes fraction", "offset points", ha="left", va="center", color=MUTED)


def _fault_lane(ax: Axes, study: Study, sheet: Sheet) -> None:
    for row in rows(study.configs, "faults", "fault") or rows(study.configs, "faults"):
        start, end = fault_span(study, row, sheet.x[1])
        if start is not None:
            ax.axvspan(
                start,
                end,
                ymin=0.12,
                ymax=0.88,
                facecolor="#E4D8F0",
                edgecolor=VIOLET,
                linewidth=0.6,
                hatch="....",
            )


_ENDING: Final = ("", "step", "intermittent")
"""Profiles of a fault that is over after its duration; of the others it says how long they take to come."""


def fault_span(study: Study, row: object, last: float) -> tuple[float | None, float]:
    """When a fault of the script was on; None when its phase was never reached."""
    phase = text(row, "phase").upper()
    zero = study.first(Phase[phase]) if phase in Phase.__members__ else (0.0 if study.ramped else None)
    at, duration = number(row, "at_s"), number(row, "duration_s")
    if zero is None or at is None:
        return None, last
    if not duration or text(row, "profile") not in _ENDING:
        return zero + at, last
    return zero + at, min(last, zero + at + duration)


def trends(study: Study, group: Group) -> str:
    """The strips of a group under one phase band; empty when no channel of it is fitted."""
    fitted = [s for s in group.strips if s.channel not in study.not_fitted]
    if not fitted:
        return ""
    return stacked(study, group.title, 0.70, [partial(_draw, study=study, strip=strip) for strip in fitted])


def stacked(study: Study, name: str, height: float, draws: Sequence[Callable[[Axes], None]]) -> str:
    """Strips of one height (inches) under one phase band."""
    head, foot = 0.235, 0.22
    with style():
        sheet = sheet_of(study, 0.2 + len(draws) * (head + height) + foot)
        phase_band(sheet, 0.0, 0.17, study.spans)
        top = 0.2
        for draw in draws:
            ax = sheet.axes(top + head, height)
            _shade(ax, coarse(study.spans))
            for side in ("top", "right"):
                ax.spines[side].set_visible(False)
            draw(ax)
            time_axis(ax, sheet.x, labels=draw is draws[-1])
            top += head + height
        return svg(sheet.figure, name)


def _shade(ax: Axes, spans: Sequence[Span]) -> None:
    for span in spans:
        fill = PHASE[span.phase][0]
        alpha = {Phase.TREAT: 0.0, Phase.PAUSE: 0.16, Phase.SAFE: 0.16}.get(span.phase, 0.28)
        if alpha:
            ax.axvspan(span.start, span.end, facecolor=fill, alpha=alpha, edgecolor="none", zorder=0)


def _band(ax: Axes, shape: Envelope) -> None:
    ax.fill_between(
        shape.t, shape.lo, shape.hi, facecolor=BLUE_BAND, edgecolor=BLUE_BAND, linewidth=0.5, zorder=3
    )
    ax.plot(shape.t, shape.mean, color=BLUE, linewidth=0.8, zorder=4, label="measured")


def _draw(ax: Axes, study: Study, strip: Strip) -> None:
    row = CHANNELS[strip.channel]
    trace = study.traces[strip.channel]
    shape = decimate(trace.t, trace.v, trace.good)
    _band(ax, shape)
    drawn = [trace]
    if strip.command is not None:
        command = study.commands[strip.command]
        on = command > 0 if row.unit == "C" else np.isfinite(command)
        t, v = steps(study.t, command, on)
        ax.plot(t, v, color=VIOLET_BAND, linewidth=2.4, zorder=2.5, label=strip.command_text)
        drawn.append(Trace(study.t, command, on))
    for channel, name in strip.others:
        other = study.traces[channel]
        line = decimate(other.t, other.v, other.good)
        ax.plot(line.t, line.mean, color=VIOLET_BAND, linewidth=2.4, zorder=2.5, label=name)
        drawn.append(other)
    note = "" if trace.good.any() else "   no valid sample"
    name = "Q_p/Q_b" if strip.channel is Channel.QP_QB else row.id
    dress(ax, study, drawn, name, f"{row.text}, {row.unit}{note}", strip)
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))


def dress(
    ax: Axes, study: Study, drawn: Sequence[Trace], name: str, words: str, strip: Strip | None = None
) -> None:
    """A strip's range, title and legend; with `strip` also its limits, set points and alarms."""
    lines = list(levels(strip, study)) if strip else []
    labels = [(level.value, level.text) for level in lines]
    if strip:
        labels += _draw_below(ax, study, strip)
    _range(ax, drawn, lines, labels)
    for level in lines:
        if level.kind != "set":
            _draw_level(ax, level, coarse(study.spans))
    if strip:
        _draw_sets(ax, study, strip)
        _alarms_on(ax, study, strip)
    _gutter(ax, labels)
    ax.annotate(name, (0, 1), (0, 3), "axes fraction", "offset points", weight="bold", ha="left", va="bottom")
    ax.annotate(
        words, (width_in(name) * 1.22 / (WIDTH - LEFT - RIGHT) + 0.012, 1), (0, 3),
        "axes fraction", "offset points", ha="left", va="bottom", color=MUTED,
    )  # fmt: skip
    if len(drawn) > 1:
        ax.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, fontsize=SIZE,
            handlelength=1.8, columnspacing=1.2, handletextpad=0.4, borderpad=0.0, borderaxespad=0.35,
        )  # fmt: skip


def _draw_below(ax: Axes, study: Study, strip: Strip) -> list[tuple[float, str]]:
    """The moving limit: a drop below an expected value."""
    if strip.below is None:
        return []
    channel, key = strip.below
    drop = study.limit(key)
    trace = study.traces[channel]
    if drop is None or not trace.good.any():
        return []
    line = decimate(trace.t, trace.v - drop, trace.good)
    ax.plot(line.t, line.mean, color=RULE_GREY, linewidth=0.7, zorder=2)
    rule = next(r for r in strip.rules if r.limit == key)
    last = float(trace.v[trace.good][-1]) - drop
    return [(last, f"expected −{drop:g} {response_text(rule.response)}  {rule.id}")]


def _range(
    ax: Axes, traces: Sequence[Trace], lines: Sequence[Level], labels: list[tuple[float, str]]
) -> None:
    """Room for every sample and every limit of the treatment; others are named at the edge."""
    found = [float(f(t.v[t.good])) for t in traces if t.good.any() for f in (np.min, np.max)]
    found += [level.value for level in lines if level.core]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    size = max(abs(high), abs(low))
    # What hardly moves is a line, not a drawing of its last digits.
    room = 0.07 * (high - low) if high - low > 1e-4 * max(size, 1e-3) else max(0.05 * size, 0.5)
    ax.set_ylim(low - room, high + room)
    for i, (value, words) in enumerate(labels):
        if value > high + room:
            labels[i] = (high + room, words + " ↑")
        elif value < low - room:
            labels[i] = (low - room, words + " ↓")


def _draw_sets(ax: Axes, study: Study, strip: Strip) -> None:
    """The set point over time: prescribed, then as changed."""
    sets = study.changes.get(strip.planned, ())
    if sets and study.t.size:
        at = [*(t for t, _ in sets), max(float(study.t[-1]), sets[-1][0])]
        values = [*(v for _, v in sets), sets[-1][1]]
        ax.plot(
            at, values, color=INK, linewidth=0.7, linestyle=_DASHES["set"], drawstyle="steps-post", zorder=2
        )


def _draw_level(ax: Axes, level: Level, spans: Sequence[Span]) -> None:
    """One line, interrupted where the level is not in force."""
    stays = joined(spans, level.phases)
    ax.plot(
        [x for stay in stays for x in (stay.start, stay.end, stay.end)],
        [y for _ in stays for y in (level.value, level.value, np.nan)],
        color=RULE_GREY, linestyle=_DASHES[level.kind], zorder=2,
        linewidth=0.9 if level.kind == "trip" else 0.7,
    )  # fmt: skip


def _alarms_on(ax: Axes, study: Study, strip: Strip) -> None:
    mine = {rule.id for rule in strip.rules}
    alarms = [a for a in study.alarms if a.rule in mine]
    ax.vlines(
        columns([a.raised for a in alarms], ax.get_xlim()), 0.0, 1.0, color=INK, linewidth=0.4, zorder=1,
        transform=ax.get_xaxis_transform(),
    )  # fmt: skip
    marks(ax, alarms, 0.91, 20)


def _gutter(ax: Axes, labels: Sequence[tuple[float, str]]) -> None:
    """Labels of the levels beside the strip, moved apart where they would touch."""
    low, high = ax.get_ylim()
    figure = ax.get_figure()
    box = ax.get_position()
    tall = box.height * (figure.get_figheight() if isinstance(figure, Figure) else 1.0)
    wanted = sorted(((value - low) / (high - low) * tall, words) for value, words in labels)
    for (at, words), place in zip(
        wanted, spread([at for at, _ in wanted], SIZE * 1.22 / 72, 0.0, tall), strict=True
    ):
        ax.annotate(
            words, (1, at / tall), (13, (place - at) * 72), "axes fraction", "offset points",
            ha="left", va="center", color=INK,
            arrowprops={"arrowstyle": "-", "color": "#9AA1AF", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0,
                        "relpos": (0.0, 0.5)},
        )  # fmt: skip


def spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Ascending places moved as little as needed to stand `apart`, in `low`..`high` while they fit there."""
    blocks: list[list[float]] = []  # [sum of wished starts, count]
    for i, place in enumerate(places):
        blocks.append([place - i * apart, 1.0, float(i)])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count, _ = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    room = max(low, high - (len(places) - 1) * apart)
    starts = [min(max(total / count, low), room) for total, count, _ in blocks for _ in range(int(count))]
    return [start + i * apart for i, start in enumerate(starts)]
