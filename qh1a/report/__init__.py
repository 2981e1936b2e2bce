"""Reports of a session, made from its file."""

from qh1a.report.page import write

__all__ = ["write"]
