"""What the terminal view says, by state, event, priority and delivery."""

from typing import Final

from qh1a.tick import EventCode, Priority, State

STATES: Final = {
    State.SELF_WAIT: "waits for the start of the self-test",
    State.SELF_ZERO: "self-test: zeros of the sensors",
    State.SELF_NODE: "self-test: protective node",
    State.SELF_PUMPS: "self-test: pumps",
    State.PRIME_LOAD: "prime: load the cartridge",
    State.PRIME_BLOOD: "prime: blood side",
    State.PRIME_PLASMA: "prime: plasma side",
    State.PRIME_WARM: "prime: warm up",
    State.READY_TEST: "tests before connection",
    State.READY: "ready to connect",
    State.CONNECT_ACCESS: "connect: access line",
    State.CONNECT_FILL: "connect: blood fills the circuit",
    State.CONNECT_VENOUS: "connect: venous line",
    State.RAMP: "flows rise",
    State.TREAT: "treatment",
    State.TREAT_END: "treatment done, waits for the end",
    State.PAUSE_PLASMA: "pause: plasma side stands, blood runs",
    State.PAUSE_STOPPED: "pause: everything stands",
    State.PATIENT_OFF: "pause: patient off",
    State.RINSE_PLASMA: "rinse-back: plasma",
    State.RINSE_BLOOD: "rinse-back: blood",
    State.DISCONNECT: "disconnect the patient",
    State.ENDED: "ended",
    State.SAFE: "safe state",
}

EVENTS: Final = {
    EventCode.STATE: "state {subject}: {state} ({detail})",
    EventCode.CHECK_PASSED: "check passed {subject}",
    EventCode.INTENT_TAKEN: "intent {subject} taken",
    EventCode.INTENT_REFUSED: "intent {subject} refused: {detail}",
    EventCode.ALARM_RAISED: "{detail} {subject} {rule}, at {value:.6g}",
    EventCode.ALARM_CLEARED: "cleared {subject} {rule}",
    EventCode.ALARM_ACKNOWLEDGED: "acknowledged {subject} {rule}",
    EventCode.ALARM_RESET: "reset {subject} {rule} {detail}",
    EventCode.RESPONSE: "response {subject} {detail}",
    EventCode.INTERLOCK: "interlocks {bits}",
    EventCode.CHECK_FAILED: "check failed {subject}, at {value:.6g} ({detail})",
    EventCode.END_PROMPT: "the end is asked for ({subject})",
    EventCode.FROZEN: "prescription and limits frozen",
    EventCode.EXTENDED: "extended by {value:.0f} s {detail}",
    EventCode.OUTCOME: "outcome {detail}, {value:.0f} s effective",
    EventCode.GAP: "the controller stood still for {value:.1f} s",
    EventCode.SUBSTITUTED: "substituted {subject} {value:.6g} {detail}",
    EventCode.AUDIO_PAUSED: "alarm sound off for {value:.0f} s",
    EventCode.ENTERED: "entered {subject} {value:.6g} {detail}",
    EventCode.ALARM_ESCALATED: "escalated {subject} {rule}",
    EventCode.ALARM_REMINDED: "reminder {subject} {rule}",
    EventCode.AUDIO_RESUMED: "alarm sound on {subject}",
}
"""`rule` is the rule's title, `state` the state's words, `bits` the interlocks that bite."""

PRIORITIES: Final = {
    Priority.HIGH: ("▲▲▲ HIGH", "bold white on red"),
    Priority.MEDIUM: ("▲▲ MEDIUM", "bold black on yellow"),
    Priority.LOW: ("▲ LOW", "bold black on cyan"),
}
"""Shape, word and style of an alarm: the style adds nothing that shape and word do not say."""
