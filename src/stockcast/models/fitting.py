"""Fit one network, epoch by epoch, so that a training that was cut off goes on exactly where it was.

Imported by training only. What an epoch does depends on the seed, its number and the state that a checkpoint holds,
and on nothing else.
"""

from time import monotonic

import keras
import numpy as np
from numpy.typing import NDArray

from stockcast.models.checkpoints import Checkpoints
from stockcast.models.course import Course, Plan
from stockcast.models.feed import Feed
from stockcast.models.workers import Workers

VALIDATION_BATCH = 1024  # nothing is learned from them: as large as is quick


def fit(
    model: keras.Model,
    feed: Feed,
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    plan: Plan,
    checkpoints: Checkpoints,
    workers: Workers,
) -> Course:
    """Train until validation stops improving, from the last checkpoint if there is one; the best weights stay.

    `ends` are the last rows of the windows to learn from and of those to stop by.
    """
    train, validation = ends
    judged_by = feed.batches(validation, VALIDATION_BATCH)
    workers.share_gradients(model)
    course = checkpoints.restore(plan.seed, model)
    while not course.is_over(plan):
        began = monotonic()
        order = workers.share(np.random.default_rng((plan.seed, course.epoch)).permutation(train))
        batches = feed.batches(order, plan.batch_size // workers.count)
        loss = model.fit(batches, epochs=1, shuffle=False, verbose=0).history["loss"][0]
        val_loss = float(model.evaluate(judged_by, verbose=0))
        course.note(val_loss, model.get_weights(), monotonic() - began)
        checkpoints.save(plan.seed, model, course)
        print(
            f"seed: {plan.seed} epoch: {course.epoch} loss: {loss:.4f} val_loss: {val_loss:.4f} "
            f"seconds: {course.seconds:.1f}",
            flush=True,
        )
    _refuse_nothing_learned(course, plan)
    model.set_weights(course.best_weights)
    return course


def _refuse_nothing_learned(course: Course, plan: Plan) -> None:
    """A loss that never was a number: no weights are better than others."""
    if not course.best_weights:
        raise ValueError(
            f"seed {plan.seed} had no finite validation loss in {course.epoch} epochs; there must be one. "
            "Lower --learning_rate, or look for absurd moves in the bars."
        )
