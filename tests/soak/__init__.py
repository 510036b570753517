"""Long runs that `make test` has no time for: one module a subject, each with a function `run`."""
