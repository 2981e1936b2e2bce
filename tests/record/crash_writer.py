"""Writes a session flat out until it is killed; says on stdout which ticks are durable."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from qh1a.clock import VirtualClock
from qh1a.record import Recorder, TruthSignal
from qh1a.tick import Event, EventCode, Intent, IntentName
from tests.record.ticks import HEADER, lively


def main(path: Path) -> None:
    header = replace(HEADER, truth=(TruthSignal("TICK", "1", "the tick"),))
    recorder = Recorder(path, header, VirtualClock())
    n = 0
    while True:
        # Every 7th tick an operator asks something: durable when put returns, the others with the commit.
        intents = (Intent(n, IntentName.SET, "q_b", float(n)),) if n % 7 == 0 else ()
        frame, _, decision = lively(n, (Event(EventCode.INTENT_TAKEN, str(n)),) * len(intents))
        recorder.put(frame, intents, decision)
        if n % 20 == 0:
            recorder.put_truth(np.array([float(n)]))
        n += 1
        if intents:
            sys.stdout.write(f"{n}\n")
            sys.stdout.flush()
        elif n % 50 == 0:
            recorder.commit()
            sys.stdout.write(f"{n}\n")
            sys.stdout.flush()


main(Path(sys.argv[1]))
