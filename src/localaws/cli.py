"""The local stack's commands, as the Makefile calls them."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from localaws import approve, down, lock, pipelines, services, status, up
from localaws import stack as stacks
from localaws.progress import StepFailed
from localaws.stack import Choice, Ports
from shipping import ending, environments, tools


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localaws", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("up")
    start.add_argument("--source", default="sample")
    start.add_argument("--symbols", default="")
    start.add_argument("--day", default="")
    start.add_argument("--aws-port", type=int, default=Ports.aws)
    start.add_argument("--market-port", type=int, default=Ports.market)
    start.add_argument("--airflow-port", type=int, default=Ports.airflow)
    for verb in ("down", "status", "env", "train"):
        verbs.add_parser(verb)
    verbs.add_parser("pipelines").add_argument("--watch", action="store_true")
    answer = verbs.add_parser("approve")
    answer.add_argument("--pipeline", default="")
    answer.add_argument("--reject", action="store_true")
    chain = verbs.add_parser("explain")
    chain.add_argument("--env", required=True)
    chain.add_argument("--id", required=True)
    verbs.add_parser("notebook").add_argument("--env", required=True)
    runs = verbs.add_parser("mlflow")
    runs.add_argument("--env", required=True)
    runs.add_argument("--port", default="5000")
    infrastructure = verbs.add_parser("terraform")
    infrastructure.add_argument("--env", required=True)
    infrastructure.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _choice(args: argparse.Namespace) -> Choice:
    symbols = tuple(part.strip() for part in args.symbols.split(",") if part.strip())
    live_day = datetime.now(UTC).date().isoformat()
    day = args.day or (live_day if args.source == "live" else stacks.SAMPLE_DAY)
    return Choice(args.source, symbols, day, Ports(args.aws_port, args.market_port, args.airflow_port))


def _print_exports() -> None:
    for name, value in stacks.read().aws_environment().items():
        print(f"export {name}={value}")


def _terraform(environment: str, arguments: list[str]) -> int:
    """`local` gets the stack's own AWS and values; every other environment the caller's variables as they are."""
    command = [sys.executable, "-m", "shipping.terraform", *arguments, "--env", environment]
    if environment != environments.LOCAL or arguments[0] == "validate":
        return subprocess.call(command)
    stack = stacks.read()
    if services.gateway_health(stack) is None:
        raise StepFailed(
            "terraform", f"no embedded AWS answers at {stack.endpoint_url}.", remedy="Run `make up` first."
        )
    with lock.alone(stack):
        return subprocess.call(command, env=stack.terraform_environment())


def _look(module: str, environment: str, *options: str) -> int:
    """Run a command that only reads: no lock, so it may look on while another one works."""
    command = [sys.executable, "-m", module, "--env", environment, *options]
    if environment != environments.LOCAL:
        return subprocess.call(command)
    stack = stacks.read()
    if services.gateway_health(stack) is None:
        raise StepFailed(module, f"no embedded AWS answers at {stack.endpoint_url}.", remedy="Run `make up` first.")
    return subprocess.call(command, env=stack.terraform_environment())


def _told(problem: Exception) -> int:
    log = stacks.home() / "logs" / "error.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(traceback.format_exception(problem)))
    failed = StepFailed("an unforeseen place", f"{type(problem).__name__}: {problem}", log)
    print(f"\nstockcast: {failed}", file=sys.stderr)
    return 1


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    with ending.tolerate_closed_output():
        return _status(args)


def _status(args: argparse.Namespace) -> int:
    try:
        return VERBS[args.verb](args) or 0
    except (StepFailed, tools.ToolMissing) as problem:
        print(f"\nstockcast: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstockcast: interrupted. `make up` goes on from here, `make down` ends what runs.", file=sys.stderr)
        os._exit(130)  # threads may still wait for programs that were interrupted too
    except Exception as problem:  # a fault of ours or of a server that went away: still one message, and the trace kept
        return _told(problem)


VERBS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "up": lambda args: up.up(_choice(args)),
    "down": lambda _: down.down(stacks.read()),
    "status": lambda _: status.show(stacks.read()),
    "env": lambda _: _print_exports(),
    "train": lambda _: up.train(stacks.read()),
    "pipelines": lambda args: pipelines.show(stacks.read(), watch=args.watch),
    "approve": lambda args: approve.answer(stacks.read(), args.pipeline, reject=args.reject),
    "explain": lambda args: _look("shipping.explain", args.env, "--id", args.id),
    "mlflow": lambda args: _look("shipping.mlflow_ui", args.env, "--port", args.port),
    "notebook": lambda args: _look("shipping.notebook", args.env),
    "terraform": lambda args: _terraform(args.env, args.arguments),
}
