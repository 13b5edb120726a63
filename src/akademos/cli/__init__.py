"""The command line.

Every process of an installation starts here, before numpy is loaded. Its linear algebra gets one thread: what is
multiplied is small, processes and requests run side by side, and threads that wait for each other by spinning took two
thirds of a night's processor time. Whoever wants more sets the variable.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
