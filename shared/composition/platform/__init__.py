"""What every part needs: settings, clock, ids, stores and access."""
