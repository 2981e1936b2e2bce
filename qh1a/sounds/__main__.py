"""Writes the sounds anew."""

import sys

from qh1a.sounds import BURSTS, path, wav

for burst in BURSTS:
    path(burst.priority).write_bytes(wav(burst))
    sys.stderr.write(f"{path(burst.priority)}\n")
