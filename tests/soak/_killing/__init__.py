"""The parts of the soak `kills`: clients, ledger, audit."""
