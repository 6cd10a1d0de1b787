"""What makes a model an estimator in the eyes of scikit-learn, without importing it."""

from __future__ import annotations

import inspect
from typing import Any


class Diverged(ValueError):
    """Training has left the finite numbers; the model is not fitted any more."""


class Estimator:
    """Constructor arguments by name, the way scikit-learn reads and sets them.

    A subclass stores each constructor argument under its own name, checks them in its constructor, says in
    `__sklearn_is_fitted__` whether it is fitted, and drops what it has learned in `_forget`.
    """

    _fixed_by_fit: tuple[str, ...] = ()
    """Arguments that give learned arrays their shape or meaning: changing one of them makes the model unfitted."""

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return list(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Constructor arguments by name, as in scikit-learn; `deep` changes nothing."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Estimator:
        """Set constructor arguments by name. What is invalid raises ``ValueError`` and changes nothing."""
        names = self._parameter_names()
        for name in params:
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name} for estimator {type(self).__name__}. "
                    f"Valid parameters are: {', '.join(names)}."
                )
        type(self)(**{**self.get_params(), **params})
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        # Kernels trust that the learned arrays have the shape that these arguments say.
        changed = name in self._fixed_by_fit and self.__dict__.get(name, value) != value
        if changed and self.__sklearn_is_fitted__():
            self._forget()
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        given = (f"{name}={value!r}" for name, value in self.get_params().items() if value != defaults[name].default)
        return f"{type(self).__name__}({', '.join(given)})"

    def __sklearn_is_fitted__(self) -> bool:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        # Imported here: scikit-learn takes longer to import than this whole library.
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags(sparse=True))

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise ValueError("You must fit the model before trying to obtain predictions.")

    def _forget(self) -> None:
        raise NotImplementedError
