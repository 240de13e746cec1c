"""The process itself: what is put together at its start, and how everything ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any, cast

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config as ServerConfig
from ministack.app import app as emulator
from ministack.core import hypercorn_compat

from localaws import patches
from localaws.container import process
from localaws.dag_mirror import DagMirror
from localaws.gateway import leftovers, log, record
from localaws.gateway.asgi import App, Receive, Send
from localaws.gateway.config import Config
from localaws.gateway.dispatch import Dispatch
from localaws.gateway.inventory import Inventory
from localaws.gateway.own_services import OwnServices
from localaws.gateway.pages import Pages, telling
from localaws.gateway.replay import Replay
from localaws.gateway.scope import Scope, without_host
from localaws.patches import iam_requests
from localaws.sagemaker.service import SageMaker

KEEP_ALIVE_SECONDS = 600
MOST_REQUESTS = 1_000_000  # per connection; a connection that closes early costs an SDK a retry


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then end every process that was started here."""
    log.to_file(config.log_dir)
    _lead_own_group()
    patches.apply(config)
    record.install(config.log_dir)
    iam_requests.ask_about_each()
    hypercorn_compat.install()
    sagemaker, mirror = SageMaker(config), DagMirror(config)
    mirror.start()
    log.logger.info("gateway %d of stack %s serves %s", os.getpid(), config.stack_id, config.url)
    try:
        asyncio.run(_serve(config, application(config, sagemaker, mirror)))
    finally:
        log.logger.info("gateway %d ends", os.getpid())
        process.end_all()
        leftovers.remove(config.state_dir)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)  # the emulator's Lambda workers are in our group
        os._exit(0)  # threads of jobs that were just killed have nothing left to tell


def application(config: Config, sagemaker: SageMaker, mirror: DagMirror) -> App:
    """The ASGI application: lifespan to the emulator, everything else to the dispatcher."""
    started = time.time()

    def health() -> dict[str, Any]:
        up = round(time.time() - started, 1)
        known = {"status": "ok", "pid": os.getpid(), "stack_id": config.stack_id, "up_seconds": up}
        return (
            known
            | {"account_id": config.account_id, "region": config.region, "dags": mirror.status()}
            | (sagemaker.status())
        )

    own = OwnServices(config, sagemaker)
    told = [telling("health", health), telling("inventory", Inventory(own.listings()))]
    pages = Pages([*told, *own.pages()])
    requests = Replay(Dispatch(own.by_signing_name(), config.region, pages))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await emulator(scope, receive, send)
        else:
            await requests(without_host(scope), receive, send)

    return app


async def _serve(config: Config, app: App) -> None:
    server = ServerConfig()
    server.bind, server.loglevel = [f"127.0.0.1:{config.port}"], "WARNING"
    server.keep_alive_timeout, server.keep_alive_max_requests = KEEP_ALIVE_SECONDS, MOST_REQUESTS
    server.graceful_timeout = 1
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve_asgi(cast(Any, app), server, shutdown_trigger=stop.wait)  # its own message types are narrower


def _lead_own_group() -> None:
    if os.getpid() != os.getpgid(0):
        os.setpgid(0, 0)
