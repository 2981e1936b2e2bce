"""Controller and simulator of the QH-1A hybrid bioartificial liver (research software)."""

__version__ = "0.1.0"
