"""What holds for every value, tried with values that Hypothesis chooses."""

from hypothesis import settings

REPEATABLE = settings(deadline=None, derandomize=True, database=None)
"""The same values in every run, however slow the machine is, and no folder of examples."""
