"""Writes docs/model.md to standard output."""

import sys

from tests.validation.published import page

if __name__ == "__main__":
    sys.stdout.write(page())
