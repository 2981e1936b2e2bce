"""Writes a session flat out until it is killed; says on stdout which ticks are durable."""

import sys
from pathlib import Path

from qh1a.clock import VirtualClock
from qh1a.record import Recorder
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.record.ticks import HEADER, lively


def main(path: Path) -> None:
    recorder = Recorder(path, HEADER, VirtualClock())
    n = 0
    while True:
        # Every 7th tick an operator asks something: durable when put returns, the others with the commit.
        intents = (Intent(n, IntentName.SET, "q_b", float(n)),) if n % 7 == 0 else ()
        frame, _, decision = lively(n, (Event(EventCode.INTENT_TAKEN, str(n)),) * len(intents))
        recorder.put(frame, intents, decision)
        n += 1
        if intents:
            sys.stdout.write(f"{n}\n")
            sys.stdout.flush()
        elif n % 50 == 0:
            recorder.commit()
            sys.stdout.write(f"{n}\n")
            sys.stdout.flush()


main(Path(sys.argv[1]))
