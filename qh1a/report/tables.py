"""The long tables of the report: alarms, journal, injected faults, limits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import LIMITS, RULES, Rule, Side
from qh1a.node import NodeTrip
from qh1a.report.configs import find, rows, text
from qh1a.report.data import Study
from qh1a.report.events import RULE, Alarm, response_text
from qh1a.report.figures import fault_span
from qh1a.report.parts import DASH, chip, esc, hms, length
from qh1a.report.parts import number as shown
from qh1a.report.parts import table as grid

T = TypeVar("T")
MAX_ROWS: Final = 400
"""Rows of a table of alarms or events; a session with more has them in its file."""
LAST_ROWS: Final = 100
"""How many of them are the last ones: the end of a session is never left out."""
_LIMIT: Final = {row.key: row for row in LIMITS}


def _shown(items: Sequence[T]) -> Iterator[T | None]:
    """The rows of a long table: its beginning, None for what is left out, its end."""
    if len(items) <= MAX_ROWS:
        yield from items
        return
    yield from items[: MAX_ROWS - LAST_ROWS]
    yield None
    yield from items[-LAST_ROWS:]


def _more(count: int) -> str:
    return f"{count - MAX_ROWS} more rows are in the session file"


def _title(alarm: Alarm, rule: Rule | None, titles: Mapping[str, str]) -> str:
    words = titles.get(alarm.rule, "")
    if words and rule is not None and rule.channel is Channel.NODE:
        return f"{words}: {_cause(alarm.value, titles)}"
    if words or rule is None:
        return words or alarm.detail
    side = "above" if rule.side is Side.ABOVE else "below"
    return f"{CHANNELS[rule.channel].text}: {side} its limit"


def _cause(code: float, titles: Mapping[str, str]) -> str:
    """Why the protective node has tripped, by the code it shows."""
    known = {float(trip): trip.name for trip in NodeTrip}
    name = known.get(code, "")
    return titles.get(name, "") or name or f"code {code:g}"


def _bound(rule: Rule, limit: float) -> str:
    return f"{'≥' if rule.side is Side.ABOVE else '≤'} {limit:g}".replace("-", "−")


def alarm_table(study: Study, titles: Mapping[str, str]) -> str:
    """Every alarm with its value, and how long it stood."""
    if not study.alarms:
        return "<h2>Alarms</h2><p>None.</p>"
    body = []
    for alarm in _shown(study.alarms):
        if alarm is None:
            body.append(("quiet", ("", "", "", _more(len(study.alarms)), *[""] * 5)))
            continue
        rule = RULE.get(alarm.rule)
        value, limit = "", ""
        if rule is not None:
            row = CHANNELS[rule.channel]
            found = study.limit(rule.limit)
            if rule.limit != "mark_s":
                value = f"{shown(alarm.value, row.decimals)} {row.unit}"
                limit = "" if found is None else _bound(rule, found)
        body.append(
            (
                "",
                (
                    hms(alarm.raised),
                    chip(alarm.priority),
                    esc(alarm.rule),
                    esc(_title(alarm, rule, titles)),
                    esc(value),
                    esc(limit),
                    esc(response_text(rule.response)) if rule else "",
                    "not cleared" if alarm.cleared is None else length(alarm.cleared - alarm.raised),
                    DASH if alarm.acknowledged is None else length(alarm.acknowledged - alarm.raised),
                ),
            )
        )
    heads = (
        ("raised", "at"), ("priority", ""), ("rule", "at"), ("alarm", ""), ("value", "num"), ("limit", "num"),
        ("response", ""), ("cleared after", "num"), ("acknowledged after", "num"),
    )  # fmt: skip
    return f"<h2>Alarms</h2>{grid(heads, body)}"


def journal(study: Study) -> str:
    """Who asked for what, why, and what the machine answered."""
    if not study.journal:
        return "<h2>Operator and events</h2><p>None.</p>"
    body = []
    for entry in _shown(study.journal):
        if entry is None:
            body.append(("quiet", ("", "", _more(len(study.journal)), "", "")))
            continue
        times = f" ({entry.times} times, to {hms(entry.until)})" if entry.times > 1 else ""
        who = "machine" if entry.machine else f"<b>{esc(entry.who)}</b>"
        cells = (hms(entry.at), who, esc(entry.what + times), esc(entry.why), esc(entry.verdict))
        body.append(("quiet" if entry.machine else "", cells))
    heads = (("time", "at"), ("who", ""), ("what", ""), ("why", ""), ("verdict", ""))
    return f"<h2>Operator and events</h2>{grid(heads, body)}"


def faults(study: Study) -> str:
    """The injected faults, when each was on."""
    script = rows(study.configs, "faults", "fault") or rows(study.configs, "faults")
    if not script:
        return ""
    last = float(study.t[-1]) if study.t.size else 0.0
    body = []
    for row in script:
        start, end = fault_span(study, row, last)
        reached = start is not None and start <= last
        size = find(row, "magnitude")
        body.append(
            (
                "" if reached else "quiet",
                (
                    hms(start) if reached else "not reached",
                    hms(end) if reached else "",
                    esc(text(row, "fault")),
                    esc("" if size is None else str(size)),
                    esc(text(row, "profile") or "step"),
                    esc(text(row, "channel")),
                ),
            )
        )
    heads = (
        ("from", "at"),
        ("to", "at"),
        ("fault", ""),
        ("magnitude", "num"),
        ("profile", ""),
        ("sensor", ""),
    )
    note = "What a fault changed in the simulated truth is not worked out here."
    return f'<h2>Injected faults</h2>{grid(heads, body)}<p class="note">{note}</p>'


def limits(study: Study) -> str:
    """Every rule with the limit that was in force."""
    body = []
    for rule in RULES:
        value = study.limit(rule.limit)
        bounds = _LIMIT.get(rule.limit)
        hard = DASH if bounds is None else f"{bounds.hard_lo:g} … {bounds.hard_hi:g}".replace("-", "−")
        shown_limit = DASH if value is None else _bound(rule, value)
        unit = "" if bounds is None else bounds.unit
        body.append(
            (
                "",
                (
                    esc(rule.id),
                    esc(CHANNELS[rule.channel].id),
                    esc(f"{shown_limit} {unit}"),
                    f"{rule.delay_s:g} s",
                    esc(rule.priority.name.lower()),
                    esc(response_text(rule.response)),
                    esc(hard),
                ),
            )
        )
    heads = (
        ("rule", "at"), ("channel", "at"), ("limit", "at"), ("for", "num"), ("priority", ""),
        ("resp.", ""), ("hard bounds", "at"),
    )  # fmt: skip
    half = (len(body) + 1) // 2
    return (
        '<h2>Limits in force</h2><div class="two small">'
        f"{grid(heads, body[:half])}{grid(heads, body[half:])}</div>"
    )
