"""Records of the person directory."""
