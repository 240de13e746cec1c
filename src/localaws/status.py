"""`make status`: what runs where."""

from __future__ import annotations

import psutil

from localaws import airflow, pipelines, processes, remote, services
from localaws.stack import Stack

MEGABYTE = 1024 * 1024


def show(stack: Stack) -> None:
    members = processes.members(stack.id)
    health = services.gateway_health(stack)
    rows = [
        ("embedded AWS", stack.endpoint_url, "up" if health else "down"),
        ("market", stack.market_url, "up" if services.market_is_up(stack) else "down"),
        ("Airflow", stack.airflow_url, "healthy" if airflow.is_healthy(stack) else "down"),
        ("pipelines", pipelines.page(stack), _pipelines_told(stack)),
    ]
    for name, address, state in rows:
        print(f"{name:<14}{address:<43}{state}")
    for kind in ("endpoints", "jobs"):
        for entry in (health or {}).get(kind, []):
            print(f"{kind[:-1]:<14}{_told(entry)}")
    print(f"\n{'pid':>8}  {'MB':>6}  command")
    for process in sorted(members, key=lambda member: member.pid):
        if line := _line(process):
            print(line)
    total = sum(_resident(process) for process in members)
    print(f"\n{len(members)} processes, {total / MEGABYTE:.0f} MB resident; state and logs in {stack.home}")


def _pipelines_told(stack: Stack) -> str:
    if not remote.is_open(stack):
        return "none"
    waiting = len(pipelines.waiting(pipelines.read(stack) or []))
    return f"{waiting} waiting for `make approve`" if waiting else "follow pushes"


def _told(entry: object) -> str:
    """An entry of the health page as words: its values in their order."""
    return "  ".join(str(value) for value in entry.values()) if isinstance(entry, dict) else str(entry)


def _line(process: psutil.Process) -> str:
    try:
        command = " ".join(process.cmdline())
        return f"{process.pid:>8}  {process.memory_info().rss / MEGABYTE:>6.0f}  {command[-110:]}"
    except psutil.Error:  # ended meanwhile
        return ""


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
