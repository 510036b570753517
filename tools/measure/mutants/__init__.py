"""Mutation testing of rooms: which changes of their code do their tests not notice."""
