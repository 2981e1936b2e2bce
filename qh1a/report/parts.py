"""Pieces of HTML. Whatever comes from a file or an operator goes through `esc`, without exception."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from qh1a.tick import Priority

DASH: Final = "\N{EN DASH}"
_ODD: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHAPES: Final = {
    Priority.HIGH: '<path d="M4 1h4l3 3v4l-3 3H4L1 8V4z" fill="#fff"/>',
    Priority.MEDIUM: '<path d="M6 1l5.4 10H.6z" fill="#000"/>',
    Priority.LOW: '<circle cx="6" cy="6" r="4.4" fill="#000"/>',
}
_MARKS: Final = {Priority.HIGH: "!!!", Priority.MEDIUM: "!!", Priority.LOW: "!"}


def plain(text: str) -> str:
    """A text without control characters, and without those that turn the direction of writing."""
    return _ODD.sub("\ufffd", text)


def esc(text: str) -> str:
    """A text as text: plain, and no markup."""
    return escape(plain(text), quote=True)


def css_text(text: str) -> str:
    """A text inside a CSS string: everything but letters, digits and spaces as an escape."""
    clean = plain(text).replace("\n", " ")
    return "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):06x} " for c in clean)


def number(value: float | None, decimals: int, *, sign: bool = False) -> str:
    """A figure with a real minus; a dash where there is none."""
    if value is None:
        return DASH
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    if not float(text):
        text = text.lstrip("+-")
    return text.replace("-", "−")


def hms(s: float | None) -> str:
    """Seconds as h:mm:ss, the sign in front."""
    if s is None:
        return DASH
    whole = round(abs(s))
    sign = "−" if s < 0 and whole else ""
    return f"{sign}{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def length(s: float | None) -> str:
    """A short time: tenths of seconds, seconds, then h:mm:ss."""
    if s is None:
        return DASH
    if s < 10:
        return f"{s:.1f} s"
    return f"{s:.0f} s" if s < 100 else hms(s)


def chip(priority: Priority, text: str = "", *, off: bool = False) -> str:
    """A priority as a filled chip: colour, shape and words; grey and without a shape when it is off."""
    name = "none" if off else priority.name.lower()
    shape = "" if off else _SHAPES.get(priority, "")
    picture = f'<svg viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>' if shape else ""
    words = text or f"{priority.name} {_MARKS.get(priority, '')}".strip()
    return f'<span class="chip {name}">{picture}{esc(words)}</span>'


def table(heads: Sequence[tuple[str, str]], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table. `heads` are (text, class) of the columns, `rows` (class, cells); cells are HTML already."""
    head = "".join(
        f'<th class="{css}">{esc(text)}</th>' if css else f"<th>{esc(text)}</th>" for text, css in heads
    )
    body = "".join(
        f"<tr{f' class={chr(34)}{css}{chr(34)}' if css else ''}>"
        + "".join(
            f'<td class="{column}">{cell}</td>' if column else f"<td>{cell}</td>"
            for cell, (_, column) in zip(cells, heads, strict=True)
        )
        + "</tr>\n"
        for css, cells in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>'


def boxes(cells: Iterable[tuple[str, str, str, str]]) -> str:
    """Figures in boxes: what, value, unit, and what else there is to know."""
    inner = "".join(
        f'<div><div class="k">{esc(key)}</div><div class="v">{esc(value)}'
        f'{f" <small>{esc(unit)}</small>" if unit else ""}</div><div class="s">{esc(under)}</div></div>'
        for key, value, unit, under in cells
    )
    return f'<div class="figures">{inner}</div>'


def figure(svg: str, label: str) -> str:
    """A drawing with its words for those who do not see it; nothing without a drawing."""
    return f'<figure role="img" aria-label="{esc(label)}">{svg}</figure>' if svg else ""


def gauge(effective: float, nominal: float, window: float) -> str:
    """Effective time against the prescribed one and its window, as a bar."""
    whole = max(nominal + 2 * window, effective * 1.02, 1.0)

    def x(s: float) -> str:
        return f"{1000 * max(s, 0.0) / whole:.1f}"

    wide = f"{2000 * window / whole:.1f}"
    return (
        '<svg viewBox="0 0 1000 26" role="img" aria-label="effective time against the window" '
        'style="display:block;width:100%;height:auto;margin-top:4px">'
        f'<rect x="0" y="8" width="1000" height="10" fill="#ECEDF1"/>'
        f'<rect x="{x(nominal - window)}" y="2" width="{wide}" height="22" fill="#E4D8F0" stroke="#7A3FA8"/>'
        f'<rect x="0" y="8" width="{x(effective)}" height="10" fill="#1F4E9E"/>'
        f'<path d="M{x(nominal)} 0v26" stroke="#1B2030" stroke-width="2.5"/></svg>'
    )
