"""Commands for developers and operators. The service never imports them."""
