"""Detection, verification and identification with other models, cohorts and indexes."""
