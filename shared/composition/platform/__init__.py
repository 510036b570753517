"""What every part stands on: settings, clock, ids, stores and access."""
