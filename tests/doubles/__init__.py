"""Test doubles of the service's seams: clocks, gates, analyzers, queues, blob stores, stores."""
