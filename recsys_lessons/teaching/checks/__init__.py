"""Checks of the exercises that can be trusted.

::

    from recsys_lessons.teaching.checks import check, hint, solution

- `problem`: what a problem is; `problems/` holds them, a file for each lesson.
- `calling` calls an answer, `judging` judges what came of it, `checking` tells the learner.
- `values`: what may be answered, compared, shown, and carried between processes.
"""

from recsys_lessons.teaching.checks.checking import (
    AnswerRaised,
    CheckFailed,
    Incorrect,
    NeedsSetup,
    NotAttempted,
    check,
    hint,
    solution,
)

__all__ = ["AnswerRaised", "CheckFailed", "Incorrect", "NeedsSetup", "NotAttempted", "check", "hint", "solution"]
