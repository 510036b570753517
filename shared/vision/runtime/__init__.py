"""Model files and inference sessions.

onnxruntime sends telemetry to Microsoft by default (its Privacy.md) and reads the switch when it is
imported. This package is the only one that imports onnxruntime, and Python runs this file first.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
