"""What holds for every value, tried with values that Hypothesis chooses.

`pytest --hypothesis-profile=search tests/properties` tries 5,000 values that are new in every run.
"""
