"""Requests: access, origins, repetitions, and refusals with their reasons."""
