"""Tables by group of people."""
