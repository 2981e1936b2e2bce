"""What is read off the patient and the cartridge before a step may be confirmed (safety H40).

A reading counts only in the state it was made in, and the last one of a key counts: an earlier one, or one
of an earlier attempt, says nothing about what hangs in the machine now.
"""

from typing import Final

from mypy_extensions import mypyc_attr

from qh1a.control.session import Refusal
from qh1a.settings import Prescription
from qh1a.tick import Intent, State
from qh1a.units import Ns, nanoseconds

SUBJECT: Final = "subject"
CARTRIDGE: Final = "cartridge"
VIABILITY: Final = "viability_percent"
OUT: Final = "out_of_incubator_min"
SCANS: Final = {State.PRIME_LOAD: (CARTRIDGE, VIABILITY, OUT), State.READY: (SUBJECT,)}
"""What must have been read when the state is confirmed, before the cells are used and before a connection."""
KEYS: Final = frozenset(key for keys in SCANS.values() for key in keys)
LONGEST_MIN: Final = 1440.0
"""A cartridge that says it has been out for more than a day is a slip of the finger."""


@mypyc_attr(serializable=True)
class Scans:
    """The readings of the present state. Texts stand in an intent's `why`, figures in its `value`."""

    def __init__(self, prescription: Prescription) -> None:
        self._subject = prescription.patient.subject
        self._cartridge = prescription.cartridge
        self._read: dict[str, Refusal | None] = {}
        self._out_until = 0

    def forget(self) -> None:
        """A state is entered: nothing has been read in it yet."""
        self._read.clear()

    def take(self, now: Ns, state: State, intent: Intent) -> Refusal | None:
        """A reading, refused where it is wrong or not asked for; a wrong one voids the one before it."""
        if intent.key not in SCANS.get(state, ()):
            return Refusal.NOT_NOW
        refusal = self._judge(now, intent)
        self._read[intent.key] = refusal
        return refusal

    def _judge(self, now: Ns, intent: Intent) -> Refusal | None:
        key, value, c = intent.key, intent.value, self._cartridge
        if key == SUBJECT:
            return None if intent.why.strip() == self._subject else Refusal.WRONG_SUBJECT
        if key == CARTRIDGE:
            return None if intent.why.strip() == c.id else Refusal.WRONG_CARTRIDGE
        if key == VIABILITY:
            if not 0.0 <= value <= 100.0:
                return Refusal.OUT_OF_RANGE
            return None if value >= c.viability_percent_min else Refusal.CARTRIDGE_NOT_VIABLE
        if not 0.0 <= value <= LONGEST_MIN:
            return Refusal.OUT_OF_RANGE
        self._out_until = now + nanoseconds(c.out_of_incubator_max_s) - nanoseconds(60.0 * value)
        return None if now <= self._out_until else Refusal.CARTRIDGE_TOO_LONG_OUT

    def missing(self, now: Ns, state: State) -> Refusal | None:
        """Why a state may not be confirmed, or None."""
        for key in SCANS.get(state, ()):
            refusal = self._read.get(key, Refusal.NOT_SCANNED)
            if refusal is not None:
                return refusal
            if key == OUT and now > self._out_until:  # it got older while somebody hesitated
                return Refusal.CARTRIDGE_TOO_LONG_OUT
        return None
