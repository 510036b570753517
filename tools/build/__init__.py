"""The model build: fetch the published weights, rewrite the graphs."""
