"""What a user is told whose session may not start."""

from typing import TYPE_CHECKING

from qh1a.cli.say import RefusedError

if TYPE_CHECKING:
    from qh1a.gates import Refusals


def refusal_lines(refusals: "Refusals") -> list[str]:
    """Each shut gate in one line: its name and text, what, its value, and what is allowed."""
    from qh1a.config.texts import load_texts

    texts = load_texts().gate if refusals else {}
    return [f"{r.gate.name}: {texts[r.gate.name]} {r.what} = {r.value}: {r.allowed}" for r in refusals]


def refuse_start(refusals: "Refusals") -> None:
    """Refuse a start with every shut gate, or let it be."""
    lines = refusal_lines(refusals)
    if lines:
        others = tuple(f"start refused: {line}" for line in lines[1:])
        raise RefusedError(where="start refused", allowed=lines[0], others=others)
