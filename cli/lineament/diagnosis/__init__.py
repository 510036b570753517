"""What `lineament doctor` checks."""
