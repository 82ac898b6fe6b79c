"""One thread for each library: set before NumPy, which reads it when it is imported."""

from __future__ import annotations

import os

THREADS = 1
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GLASSNET_THREADS"):
    os.environ[_name] = str(THREADS)
