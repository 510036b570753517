"""Installs what the one-machine service and the tests need, into the checkout."""
