"""Person groups, face lists, the person directory and their quotas."""
