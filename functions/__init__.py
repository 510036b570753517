"""Triggers, one blueprint for each resource: parse, call one service, respond."""
