"""Microsoft's clients, unmodified, through every operation they have; and the contract itself."""
