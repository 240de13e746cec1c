"""The plan for one network's training, and how far it has come."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Plan:
    """How one network learns."""

    seed: int
    epochs: int  # at most
    batch_size: int
    patience: int  # epochs without a better validation loss


@dataclass
class Course:
    """How far it has come: what the next epoch needs besides the weights and the optimizer's state."""

    epoch: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    waited: int = 0
    best_weights: list[NDArray[np.float32]] = field(default_factory=list)

    def note(self, loss: float, weights: list[NDArray[np.float32]], seconds: float) -> None:
        """One more epoch, which ended with this validation loss."""
        self.epoch, self.seconds, self.waited = self.epoch + 1, self.seconds + seconds, self.waited + 1
        if loss < self.best_loss:
            self.best_loss, self.best_weights, self.waited = loss, weights, 0

    def is_over(self, plan: Plan) -> bool:
        """Enough epochs, or too many in vain."""
        return self.epoch >= plan.epochs or self.waited >= plan.patience
