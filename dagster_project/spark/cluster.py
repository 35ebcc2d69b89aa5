"""A standalone Spark cluster on this machine, to try what a cluster changes: one master, two workers, until Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

HOST, PORT = "127.0.0.1", 7077
WORKERS, CORES, MEMORY = 2, 1, "2g"


def main() -> int:
    """Begin it and wait. Ends everything that it began, whatever happens."""
    import pyspark

    spark_class = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    master = [spark_class, "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(PORT), "--webui-port", "0"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        work = stack.enter_context(TemporaryDirectory(prefix="spark-work-"))
        worker = [
            spark_class, "org.apache.spark.deploy.worker.Worker", "--host", HOST, "--webui-port", "0",
            "--cores", str(CORES), "--memory", MEMORY, "--work-dir", work, f"spark://{HOST}:{PORT}",
        ]  # fmt: skip
        processes = []
        for command in [master, *[worker] * WORKERS]:
            # Its pages too are for this machine alone.
            process = subprocess.Popen(command, env=os.environ | {"SPARK_LOCAL_IP": HOST})
            stack.callback(process.wait)
            stack.callback(process.terminate)
            processes.append(process)
        print(f"spark://{HOST}:{PORT}: {WORKERS} workers of {CORES} core and {MEMORY} each. Ctrl+C ends it.", flush=True)
        try:
            return processes[0].wait()
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
