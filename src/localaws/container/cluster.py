"""The instances of one training job, all of them on this machine, each with a file system of its own."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Host:
    """One instance. `algo-1` is no name that this machine could look up, so TF_CONFIG names ports of it instead."""

    name: str
    all: tuple[str, ...]
    root: Path
    ports: tuple[int, ...] = ()

    @property
    def ml(self) -> Path:
        """/opt/ml"""
        return self.root / "opt/ml"

    def variables(self) -> dict[str, str]:
        """What tells a script about its cluster."""
        told = {"SM_CURRENT_HOST": self.name, "SM_HOSTS": json.dumps(self.all)}
        if self.ports:
            task = {"type": "worker", "index": self.all.index(self.name)}
            workers = [f"127.0.0.1:{port}" for port in self.ports]
            told["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
        return told


def hosts(root: Path, count: int) -> list[Host]:
    """algo-1, algo-2, ...; one alone has the whole folder."""
    names = tuple(f"algo-{number}" for number in range(1, count + 1))
    if count == 1:
        return [Host(names[0], names, root)]
    ports = _free_ports(count)
    return [Host(name, names, root / name, ports) for name in names]


def _free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on; held together until all are found, or the same would be found twice."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(probe.getsockname()[1] for probe in probes)
