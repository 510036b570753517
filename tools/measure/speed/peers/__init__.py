"""Other programs that detect and embed, each in its own virtual environment."""
