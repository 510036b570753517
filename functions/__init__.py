"""Triggers only, one blueprint a resource: parse, call one service, answer."""
