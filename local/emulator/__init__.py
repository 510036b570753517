"""The storage emulator (Azurite) of the one-machine host."""
