"""Serve the embedded AWS on one port of this machine until SIGTERM.

    python src/localaws/serve_gateway.py --config .local/run/gateway.json

The program starts itself anew in an environment of its own making, so that neither the emulator nor a Lambda function
inherits anything from the shell. This file puts src/ on the module path itself and not through PYTHONPATH: functions
see the gateway's interpreter, and must not find our code in it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

SOURCES = str(Path(__file__).resolve().parent.parent)
sys.path[:] = [SOURCES, *(entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent)]

from localaws.gateway import config as gateway_config  # noqa: E402  (the module path comes first)
from localaws.gateway import environment, leftovers  # noqa: E402


def main() -> None:
    """Read the config, put the environment right, serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="JSON file; see localaws/gateway/config.py")
    parser.add_argument("--in-own-environment", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    try:
        config = gateway_config.read(args.config)
    except ValueError as mistake:
        sys.exit(f"gateway: {mistake}")
    if not args.in_own_environment:
        _make_room(config)
        again = [sys.executable, __file__, "--config", str(args.config), "--in-own-environment"]
        os.execve(sys.executable, again, environment.of_gateway(config, os.environ))  # noqa: S606  (no shell meant)
    from localaws.gateway import server  # only now: the emulator reads the environment while it is imported

    server.serve(config)


def _make_room(config: gateway_config.Config) -> None:
    """Folders as a first start finds them, unless another gateway is at work there."""
    try:
        leftovers.refuse_taken_port(config.port)
    except ValueError as mistake:
        sys.exit(f"gateway: {mistake}")
    leftovers.remove(config.state_dir)
    (config.state_dir / "tmp").mkdir(parents=True)


if __name__ == "__main__":
    main()
