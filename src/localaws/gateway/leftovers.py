"""What an earlier gateway may have left: its port when it still runs, the folders of its jobs when it was killed."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

FOLDERS = ("endpoints", "processing", "tmp", "training")  # state is in memory, so nothing in them is known any more


def refuse_taken_port(port: int) -> None:
    """Say so before anything is touched."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ValueError(
                f"port {port} is taken ({error.strerror}); stop what listens there or give another port."
            ) from error


def remove(state_dir: Path) -> None:
    """Forget the folders of a gateway that has ended."""
    for name in FOLDERS:
        shutil.rmtree(state_dir / name, ignore_errors=True)
