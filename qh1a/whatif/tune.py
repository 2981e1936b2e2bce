"""Tuning of several loops at several operating points: run, put back, identify, design."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qh1a.settings import PidGains, Tuning
from qh1a.whatif.bench import Bench
from qh1a.whatif.errors import TuneError
from qh1a.whatif.fit import Fit
from qh1a.whatif.relay import Found, Progress, identify, treat
from qh1a.whatif.robustness import Margins, Point, margins
from qh1a.whatif.rules import Design, design
from qh1a.whatif.table import LoopRow


@dataclass(frozen=True, slots=True)
class Tuned:
    """One loop: what was found at each operating point, the gains for all of them, and those of before."""

    row: LoopRow
    found: tuple[Found, ...]
    design: Design
    before: PidGains

    def each(self) -> Iterator[tuple[Fit, Point, Margins, Margins]]:
        """Every point: its fit, itself, its margins with the gains found and with those of before."""
        for f in self.found:
            yield f.fit, f.point, margins(f.point, self.design.gains), margins(f.point, self.before)

    @property
    def ms_before(self) -> float:
        """The largest Ms with the gains of before."""
        return max(was.ms for *_, was in self.each())

    @property
    def deciding(self) -> Found:
        """What was found at the point with the largest Ms."""
        return next(f for f in self.found if f.point is self.design.point)


def tune(
    benches: Mapping[str, Callable[[], Bench]], rows: Sequence[LoopRow], tuning: Tuning, progress: Progress
) -> tuple[list[Tuned], list[TuneError]]:
    """Tune loops at every operating point, a new bench for each; what cannot be tuned is an error of its own.

    `tuning` is what the benches run with. Raises `TuneError` when an operating point is not reached.
    """
    found: dict[str, list[Found]] = {row.name: [] for row in rows}
    errors: dict[str, TuneError] = {}
    for name, make in benches.items():
        bench = make()
        treat(bench, max(row.settle_s for row in rows), progress)
        start = bench.snapshot()
        for row in rows:
            bench.restore(start)
            try:
                found[row.name].append(identify(bench, row, name, progress))
            except TuneError as error:
                errors.setdefault(row.name, error)
    done = []
    for row in rows:
        if row.name in errors:
            continue
        try:
            done.append(_designed(row, tuple(found[row.name]), getattr(tuning, row.name)))
        except TuneError as error:
            errors[row.name] = error
    return done, list(errors.values())


def _designed(row: LoopRow, found: tuple[Found, ...], before: PidGains) -> Tuned:
    try:
        return Tuned(row, found, design([f.point for f in found], row.wanted), before)
    except TuneError as error:
        msg = f"{row.name}: {error}"
        raise TuneError(msg) from None
