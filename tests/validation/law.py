"""One governing equation, as the simulator computes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """A row of the model card.

    `where` are functions of `qh1a.sim`, as `module.function`; `mark` is that of the physics reference;
    `differs` says what the reference has instead, or has besides.
    """

    what: str
    equation: str
    symbols: str
    source: str
    mark: str
    where: tuple[str, ...]
    differs: str = ""
