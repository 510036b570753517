"""Microsoft's unmodified clients call all their operations; the contract checks responses."""
