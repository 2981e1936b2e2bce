"""What ends a tuning, in words for the one who asked for it."""


class TuneError(Exception):
    """A loop that could not be tuned, in one line: which loop, what happened, and when."""
