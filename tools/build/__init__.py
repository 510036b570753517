"""Builds the models: downloads the published weights and rewrites the graphs."""
