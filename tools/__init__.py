"""Commands for builders and operators. Never imported by the service."""
