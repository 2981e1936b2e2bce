"""Cohorts of virtual patients: drawn once from published distributions, then frozen (docs/cohort.md)."""
