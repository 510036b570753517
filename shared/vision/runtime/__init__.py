"""Model files and inference sessions."""
