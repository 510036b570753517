"""Programs that run in the peers' environments; of this repository they import nothing else."""
