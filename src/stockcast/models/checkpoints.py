"""Where a training was when it was cut off: one small file per seed, written anew after every epoch.

Imported by training only. The folder is what SageMaker copies to S3 and back (CheckpointConfig), so that a training on
spot machines loses one epoch at most.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from stockcast.models.course import Course

FACTS = ("epoch", "seconds", "best_loss", "waited")


class Checkpoints:
    """`made_from` names data, arguments and code: a checkpoint of others would continue another training."""

    def __init__(self, folder: Path | None, made_from: str, *, writes: bool = True) -> None:
        self.folder, self.made_from, self.writes = folder, made_from, writes and folder is not None

    def path(self, seed: int) -> Path:
        """The file of one seed."""
        assert self.folder is not None  # noqa: S101  (asked for only where there is one)
        return self.folder / f"seed-{seed}.npz"

    def save(self, seed: int, model: keras.Model, course: Course) -> None:
        """Write aside, then put in place: who copies the folder meanwhile finds the old file or the new one."""
        if not self.writes:
            return
        arrays: dict[str, Any] = {f"now_{n}": np.asarray(variable) for n, variable in enumerate(_variables(model))}
        arrays |= {f"best_{n}": weights for n, weights in enumerate(course.best_weights)}
        facts = json.dumps({"made_from": self.made_from, **{name: getattr(course, name) for name in FACTS}})
        path = self.path(seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        with aside.open("wb") as file:
            np.savez(file, facts=np.array(facts), **arrays)
        aside.replace(path)

    def restore(self, seed: int, model: keras.Model) -> Course:
        """Put the model where it was and tell how far that is; a fresh course if there is nothing to go on from."""
        if self.folder is None or not self.path(seed).is_file():
            return Course()
        try:
            facts, now, best = self._read(seed, model)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            print(f"seed: {seed} begins anew: {self.path(seed)} cannot be used ({error})", flush=True)
            return Course()
        for variable, value in zip(_variables(model), now, strict=True):
            variable.assign(value)
        print(f"seed: {seed} goes on after epoch {facts['epoch']}", flush=True)
        return Course(best_weights=best, **{name: facts[name] for name in FACTS})

    def _read(self, seed: int, model: keras.Model) -> tuple[dict[str, Any], list[np.ndarray], list[np.ndarray]]:
        with np.load(self.path(seed), allow_pickle=False) as kept:
            facts = json.loads(str(kept["facts"]))
            if facts["made_from"] != self.made_from:
                raise ValueError("it was made from other bars, arguments or code")
            now = [kept[f"now_{n}"] for n in range(len(_variables(model)))]
            best = [
                kept[f"best_{n}"] for n in range(len(model.get_weights()) if facts["waited"] < facts["epoch"] else 0)
            ]
        return facts, now, best


def _variables(model: keras.Model) -> list[Any]:
    """Weights, the states of random generators, and the optimizer's."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
