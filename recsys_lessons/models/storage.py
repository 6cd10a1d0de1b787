"""Where learned numbers are kept: float32 rows that are padded to whole lanes and start on cache lines.

A model shows its arrays without the padding, as views; kernels get them with it.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.lanes import padded_width
from recsys_lessons.kernels.structures import Parameters

_CACHE_LINE = 64


def padded_full(n_rows: int, n_columns: int, fill: float) -> np.ndarray:
    """New float32 matrix of shape (n_rows, padded width), C-contiguous, aligned to cache lines."""
    # Small NumPy integers would overflow where they are multiplied.
    n_rows, width = int(n_rows), padded_width(int(n_columns))
    itemsize = np.dtype(np.float32).itemsize
    # Zeros come from the operating system untouched: an array that is never written costs no memory.
    memory = np.zeros(n_rows * width + _CACHE_LINE // itemsize, dtype=np.float32)
    start = -memory.ctypes.data % _CACHE_LINE // itemsize
    matrix = memory[start : start + n_rows * width].reshape(n_rows, width)
    if fill:
        matrix[:] = fill
    return matrix


def padded_copy(matrix: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """Padded copy of a matrix; the columns beyond its own hold `fill`."""
    padded = padded_full(matrix.shape[0], matrix.shape[1], fill)
    padded[:, : matrix.shape[1]] = matrix
    return padded


def new_parameters(n_features: int, n_components: int, first_gradient: float) -> Parameters:
    """Parameters of one side, all zero but the gradients' memory, which starts at `first_gradient`.

    The padding of the gradients' memory is 1, so that zero divided by its root stays zero.
    """
    gradients = padded_full(n_features, n_components, 1.0)
    gradients[:, :n_components] = first_gradient
    return Parameters(
        embeddings=padded_full(n_features, n_components, 0.0),
        biases=np.zeros(n_features, dtype=np.float32),
        embedding_gradients=gradients,
        bias_gradients=np.full(n_features, first_gradient, dtype=np.float32),
        embedding_momentum=padded_full(n_features, n_components, 0.0),
        bias_momentum=np.zeros(n_features, dtype=np.float32),
    )


def copy_parameters(parameters: Parameters, n_components: int) -> Parameters:
    """Deep copy that keeps padding and alignment."""
    return Parameters(
        *(
            padded_copy(array[:, :n_components], 1.0 if field == "embedding_gradients" else 0.0)
            if array.ndim == 2
            else array.copy()
            for field, array in zip(Parameters._fields, parameters, strict=True)
        )
    )


class LearnedArray:
    """Attribute of a model that shows one learned array of a side ("item" or "user"), None before `fit`.

    Reading gives a view: changes in place reach the model. Assigning copies the given numbers, with another number of
    rows if need be; a matrix must have `no_components` columns.
    """

    def __init__(self, side: str, field: str):
        self.side, self.field = side, field

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, model, owner=None):
        if model is None:
            return self
        parameters = model._parameters[self.side]
        if parameters is None:
            return None
        array = getattr(parameters, self.field)
        return array[:, : model.no_components] if array.ndim == 2 else array

    def __set__(self, model, value) -> None:
        parameters = model._parameters[self.side]
        if parameters is None:
            raise ValueError(f"{self.name} can be assigned once the model is fitted; fit(..., epochs=0) is enough.")
        current = getattr(parameters, self.field)
        if _is_same_view(value, self.__get__(model)):
            return  # `model.item_biases *= 0` assigns the array that it has already changed
        given = np.asarray(value, dtype=np.float32)
        columns = (model.no_components,) if current.ndim == 2 else ()
        if given.ndim != current.ndim or given.shape[1:] != columns:
            expected = "(n_features, " + ", ".join(map(str, columns)) + ")" if columns else "(n_features,)"
            raise ValueError(f"{self.name} must have shape {expected}, got {given.shape}.")
        if given.ndim == 2:
            new = padded_copy(given, 1.0 if self.field == "embedding_gradients" else 0.0)
        else:
            new = given.copy()
        model._parameters[self.side] = parameters._replace(**{self.field: new})


def _is_same_view(value: object, shown: np.ndarray) -> bool:
    """Whether `value` shows the same numbers of the same memory in the same order (a reversed view does not)."""
    if not isinstance(value, np.ndarray):
        return False
    layouts = [
        (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype) for array in (value, shown)
    ]
    return layouts[0] == layouts[1]
