"""Mutation testing of rooms: finds changes of code that no test detects."""
