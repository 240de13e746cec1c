"""One local stack: which folders, ports and prices it has, and what a process must know to reach it.

What the user chose at `make up` is kept in `.local/run/stack.json`, so that `make plan`, `make status` and `make down`
speak of the same stack afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shipping import wheels

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
PREFIX = "stockcast-local"
STATE_BUCKET, STATE_KEY = f"stockcast-{ACCOUNT_ID}-tfstate", "local/platform.tfstate"
PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_MIRROR",
    "TERRAFORM_RELEASES", "PYTHON312",
)  # fmt: skip
MARKER = "STOCKCAST_STACK"  # every process of a stack carries it in its environment
SAMPLE_DAY = "2013-03-01"  # the newest day on which all six sample series have a bar
LIVE_BASE_URL = "https://query1.finance.yahoo.com"


@dataclass(frozen=True)
class Ports:
    aws: int = 4566
    market: int = 4567
    airflow: int = 4568


@dataclass(frozen=True)
class Choice:
    """What the user may choose for a stack. `day` is the last trading day wanted; empty means today (live only)."""

    source: str = "sample"
    symbols: tuple[str, ...] = ()
    day: str = SAMPLE_DAY
    ports: Ports = field(default_factory=Ports)


@dataclass(frozen=True)
class Stack:
    home: Path
    choice: Choice

    @property
    def id(self) -> str:
        """The same for every run in this folder, different for every other clone."""
        return hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def airflow(self) -> Path:
        return self.home / "airflow"

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.choice.ports.aws}"

    @property
    def market_url(self) -> str:
        return f"http://127.0.0.1:{self.choice.ports.market}"

    @property
    def airflow_url(self) -> str:
        return f"http://127.0.0.1:{self.choice.ports.airflow}"

    def aws_environment(self) -> dict[str, str]:
        """The variables that point any AWS client to this stack's embedded AWS, as its root user."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def clean_environment(self) -> dict[str, str]:
        """What any program needs of this process's environment, and the stack's marker; no setting, no token."""
        kept = {key: value for key, value in os.environ.items() if key in PASSED_ON or key.lower().endswith("_proxy")}
        # SPT_NOENV: Airflow renames its processes, and setproctitle would write over the marker
        return {**kept, MARKER: self.id, "PYTHONUNBUFFERED": "1", "SPT_NOENV": "1"}

    def terraform_environment(self) -> dict[str, str]:
        """For Terraform: the embedded AWS, this stack's own folders and the values chosen at `make up`."""
        env = {**self.clean_environment(), **self.aws_environment(), "STOCKCAST_HOME": str(self.home)}
        env["PYTHONPATH"] = str(ROOT / "src")
        env[wheels.FOR_HERE] = "1"  # functions run on this machine, whatever it is
        if self.values_file.exists():
            env["STOCKCAST_VAR_FILE"] = str(self.values_file)
        return env

    @property
    def values_file(self) -> Path:
        """Terraform values that differ from envs/local because of ports, source or symbols."""
        return self.run / "platform.tfvars.json"

    def write(self) -> None:
        """Keep the choice for later commands. Written whole or not at all."""
        self.run.mkdir(parents=True, exist_ok=True)
        write_whole(self.run / "stack.json", json.dumps(asdict(self.choice), indent=2))
        values = self._values()
        if values:
            write_whole(self.values_file, json.dumps(values, indent=2))
        else:
            self.values_file.unlink(missing_ok=True)

    def _values(self) -> dict[str, object]:
        values: dict[str, object] = {}
        if self.choice.source == "live":
            values["market"] = {"base_url": LIVE_BASE_URL}
        elif self.choice.ports.market != Ports().market:
            values["market"] = {"base_url": self.market_url}
        if self.choice.symbols:
            values["symbols"] = list(self.choice.symbols)
        return values


def write_whole(path: Path, text: str) -> None:
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_text(text)
    beside.replace(path)


def home() -> Path:
    """`.local/` of the clone; STOCKCAST_HOME names another, so that tests have a stack of their own."""
    return Path(os.environ.get("STOCKCAST_HOME") or ROOT / ".local").resolve()


def read() -> Stack:
    """The stack as last chosen here; the defaults where nothing, or something unreadable, is written."""
    try:
        kept = json.loads((home() / "run" / "stack.json").read_text())
        ports = Ports(**kept.pop("ports"))
        return Stack(home(), Choice(ports=ports, symbols=tuple(kept.pop("symbols")), **kept))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Stack(home(), Choice())
