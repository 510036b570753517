"""Triggers of the one-machine host: queues, timers, blob events, invocation."""
