"""Entry point of `python -m local`."""

from __future__ import annotations

import os
import sys
import threading

from local.launch import main

if __name__ == "__main__":
    exit_code = main()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(1.0)
            if thread.is_alive():
                # A function that overran its drain time; the interpreter would wait for it.
                os._exit(exit_code)
    sys.exit(exit_code)
