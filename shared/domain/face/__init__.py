"""What is known of one face: geometry, attributes, liveness values."""
