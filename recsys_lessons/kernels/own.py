"""Losses of the learner's own: where the library calls a function that it was given, see :mod:`recsys_lessons.losses`.

A loss of pairs is compiled by itself, and the kernel calls it by its address: a few nanoseconds, and one kernel, kept
on disk like the others, serves all of them. A loss of entries becomes part of a kernel of its own, since the call would
take a tenth of what an entry takes there. Such a kernel takes a second or two to compile, and stays in memory: Numba
gives no machine code back.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numba.core import types

from recsys_lessons.kernels.bpr import draw_negative
from recsys_lessons.kernels.candidates import next_candidate
from recsys_lessons.kernels.compiling import by_address, inner
from recsys_lessons.kernels.known import is_known
from recsys_lessons.kernels.representation import bias, score_item
from recsys_lessons.kernels.step import NO_NEGATIVE

_OF_PAIR = types.UniTuple(types.float64, 2)(types.float64, types.int64, types.int64, types.int64)
_ARGUMENTS = {"pair": _OF_PAIR.args, "short pair": _OF_PAIR.args[:2], "entry": (types.float64, types.float64)}


def compile_loss(name: str, function: Callable, kind: str) -> Callable:
    """Compile a function for what the kernels pass to it; a short one, of difference and draws, gets all four.

    Raises ``ValueError`` if Numba cannot compile it, or it does not return two numbers.
    """
    compiled = inner(getattr(function, "py_func", function))
    if not numba.config.DISABLE_JIT:
        _check_result(name, compiled, _ARGUMENTS[kind])
    if kind == "entry":
        return compiled
    if kind == "short pair":
        return by_address(lambda difference, draws, liked, other: compiled(difference, draws), _OF_PAIR)
    return by_address(lambda difference, draws, liked, other: compiled(difference, draws, liked, other), _OF_PAIR)


def _check_result(name: str, compiled: Callable, arguments: tuple) -> None:
    try:
        compiled.compile(arguments)
    except numba.core.errors.NumbaError as error:
        raise ValueError(f"Numba cannot compile {name}: {str(error).strip()}") from error
    returned = compiled.overloads[arguments].signature.return_type
    is_pair = isinstance(returned, types.BaseTuple) and len(returned) == 2
    if not (is_pair and all(isinstance(one, (types.Float, types.Integer)) for one in returned)):
        raise ValueError(f"{name} returns {returned}; expected two numbers, (strength, loss).")


@inner
def judge_entry(model, user, item, value, weight, worker, loss_of_entry):
    """Strength of the step on an entry, and its loss."""
    users = model.users
    score = score_item(model.items, item, worker.user) + bias(users.features, users.parameters.biases, user)
    strength, loss = loss_of_entry(np.float64(score), np.float64(value))
    return weight * strength, weight * loss


@inner
def find_within(model, data, user, positive_score, settings, worker):
    """Draw items until one comes within the margin of the positive one: it (or NO_NEGATIVE), its score, the draws."""
    limit = positive_score - np.float32(settings.margin)
    for draw in range(1, settings.max_sampled + 1):
        item = next_candidate(model, data, settings, worker)
        score = score_item(model.items, item, worker.user)
        if score > limit and not is_known(data, user, item):
            return item, score, draw
    return NO_NEGATIVE, positive_score, settings.max_sampled


@inner
def judge_pair(model, data, user, positive, weight, settings, worker, loss_of_pair):
    """A negative for a positive entry, the strength of the step, the loss, and the negatives drawn."""
    positive_score = score_item(model.items, positive, worker.user)
    if settings.margin >= 0:
        negative, negative_score, draws = find_within(model, data, user, positive_score, settings, worker)
        if negative == NO_NEGATIVE:
            return negative, 0.0, 0.0, draws
    else:
        negative, draws = draw_negative(model, data, user, settings, worker)
        if negative == NO_NEGATIVE:
            return negative, 0.0, 0.0, draws
        negative_score = score_item(model.items, negative, worker.user)
    strength, loss = loss_of_pair(np.float64(positive_score - negative_score), draws, positive, negative)
    return negative, weight * strength, weight * loss, draws
