"""Records of person groups and face lists."""
