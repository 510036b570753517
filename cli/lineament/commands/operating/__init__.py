"""Commands for the operator: login, checks, costs and calibration."""
