"""Entry point of `python -m local`."""

from __future__ import annotations

import os
import sys
import threading
import time

from local.launch import main

_OVERRUN_SECONDS = 1.0

if __name__ == "__main__":
    exit_code = main()
    end = time.monotonic() + _OVERRUN_SECONDS
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(max(end - time.monotonic(), 0.0))
            if thread.is_alive():
                # A function that outlasted the grace of the stop. The interpreter would wait for
                # it: at its end it joins the threads of every executor, daemons among them.
                os._exit(exit_code)
    sys.exit(exit_code)
