"""Writes an alarm a tick until it is killed; says on stdout how many are durable."""

import sys
from pathlib import Path

from qh1a.clock import VirtualClock
from qh1a.record import Recorder
from qh1a.tick import Event, EventCode
from tests.record.ticks import HEADER, lively

RULES = ("H01.1", "H05.1", "H10.2", "H17.3")


def main(path: Path) -> None:
    recorder = Recorder(path, HEADER, VirtualClock())
    for n in range(10**6):
        rule = RULES[n % len(RULES)]
        events = (
            Event(EventCode.ALARM_RAISED, rule, float(n), "HIGH"),
            Event(EventCode.ALARM_ACKNOWLEDGED, rule),
            Event(EventCode.ALARM_CLEARED, rule),
        )
        frame, _, decision = lively(n, events)
        recorder.put(frame, (), decision)
        if n % 10 == 9:
            recorder.commit()
            sys.stdout.write(f"{n + 1}\n")
            sys.stdout.flush()


main(Path(sys.argv[1]))
