"""What runs inside the peers' environments, with nothing but the standard library of our own."""
