"""Several hosts that train one network: each takes its share of every batch, their gradients are averaged.

Imported by training only. SageMaker starts the same script on every host of a job and names the hosts in SM_HOSTS; the
averaging is TensorFlow's own (MultiWorkerMirroredStrategy). All hosts hold the same weights after every step, so all
stop at the same epoch; only the first one writes.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

PORT = 7777  # SageMaker opens all ports between the hosts of one job


class Workers:
    """One host alone, or one of several."""

    def __init__(self, count: int = 1, rank: int = 0) -> None:
        self.count, self.rank = count, rank
        # Made before anything else of TensorFlow runs: it connects the hosts, and waits until all are there.
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy() if count > 1 else None

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Workers":
        """From TF_CONFIG, if somebody has set it, else from SageMaker's SM_HOSTS and SM_CURRENT_HOST."""
        if environ.get("TF_CONFIG"):
            told = json.loads(environ["TF_CONFIG"])
            return cls(len(told["cluster"]["worker"]), int(told["task"]["index"]))
        hosts = json.loads(environ.get("SM_HOSTS") or "[]")
        if len(hosts) < 2:
            return cls()
        rank = hosts.index(environ["SM_CURRENT_HOST"])
        cluster = {"worker": [f"{host}:{PORT}" for host in hosts]}
        os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}})
        return cls(len(hosts), rank)

    @property
    def is_first(self) -> bool:
        """Whether this host writes checkpoints and the bundle."""
        return self.rank == 0

    def share(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """This host's part of an epoch, as long as every other's: a host with one batch more would wait for ever."""
        whole = len(order) // self.count * self.count
        return order[:whole][self.rank :: self.count]

    def share_gradients(self, model: keras.Model) -> None:
        """Let the model's optimizer apply the mean of all hosts' gradients."""
        if self._strategy is None:
            return
        apply = model.optimizer.apply

        def apply_mean(gradients: list[tf.Tensor], variables: Any = None) -> Any:
            return apply(self._mean(gradients), variables)

        model.optimizer.apply = apply_mean

    def wait_for_all(self) -> None:
        """Nobody leaves before all have come here: TensorFlow takes a host that ends early for a lost one."""
        if self._strategy is not None:
            self._mean([tf.zeros(1)])

    def _mean(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        assert self._strategy is not None  # noqa: S101  (asked for only where there are several)
        return self._strategy.run(_mean_of_one_piece, args=(gradients,))


def _mean_of_one_piece(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    """All in one message: the network is so small that each message costs more than what it carries."""
    flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)
    mean = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, flat)
    parts = tf.split(mean, [int(np.prod(tensor.shape)) for tensor in tensors])
    return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
