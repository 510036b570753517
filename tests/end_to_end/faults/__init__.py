"""Faults of disks, storage, clocks and processes, and load."""
