"""What a learner meets: one line for a right answer, a short block for any other, hints, the worked answer."""

import numpy as np
import pytest

from recsys_lessons.teaching.checks import checking
from recsys_lessons.teaching.checks.checking import (
    AnswerRaised,
    Incorrect,
    NeedsSetup,
    NotAttempted,
    check,
    hint,
    solution,
)


def failure(kind, name, answer):
    with pytest.raises(kind) as caught:
        check(name, answer)
    return str(caught.value)


def answer(code, name="warp_weight", **namespace):
    """A function as a notebook cell would define it."""
    space = {"np": np, **namespace}
    exec(compile(code, "<cell>", "exec"), space)
    return space[name]


def test_a_right_answer_prints_one_line_and_returns_nothing(capsys):
    assert check("warp_weight", answer("def warp_weight(n, d):\n    return np.log(max((n - 1) // d, 1))")) is None
    told = capsys.readouterr()
    assert told.out == "warp_weight: right\n"
    assert told.err == ""


def test_all_failures_are_assertion_errors_that_render_as_their_text():
    for kind in (NotAttempted, Incorrect, AnswerRaised, NeedsSetup):
        assert issubclass(kind, AssertionError)
    error = Incorrect("a\n  b")
    assert error._render_traceback_() == ["a", "  b"]


@pytest.mark.parametrize(
    "code",
    [
        "def warp_weight(n_items, draws):\n    raise NotImplementedError()",
        "def warp_weight(n_items, draws):\n    '''Doc.'''",
        "def warp_weight(n_items, draws):\n    pass",
        "def warp_weight(n_items, draws):\n    ...",
    ],
)
def test_nothing_written(code):
    assert failure(NotAttempted, "warp_weight", answer(code)).startswith("warp_weight: not attempted\n")


def test_a_return_is_missing():
    told = failure(Incorrect, "warp_weight", answer("def warp_weight(n, d):\n    weight = np.log((n - 1) // d)"))
    assert "return" in told


def test_an_exception_shows_the_learners_line_and_the_arguments():
    told = failure(AnswerRaised, "warp_weight", answer("def warp_weight(n, d):\n    x = 1\n    return x / (d - 1)"))
    assert "ZeroDivisionError" in told
    assert "line 3 of the cell" in told
    assert "n_items    4" in told


def test_exit_in_an_answer_does_not_end_the_check():
    assert "SystemExit" in failure(AnswerRaised, "warp_weight", answer("def warp_weight(n, d):\n    raise SystemExit"))


def test_a_name_of_the_first_cell_that_is_missing_asks_for_that_cell():
    told = failure(NeedsSetup, "warp_weight", answer("def warp_weight(n, d):\n    return log(n)"))
    assert "log is not defined" in told and "first code cell" in told
    assert "NameError" in failure(AnswerRaised, "warp_weight", answer("def warp_weight(n, d):\n    return lgo(n)"))


def test_a_variable_of_the_notebook_is_noticed_also_through_a_helper():
    code = "def helper(n):\n    return n_others // n\n\ndef warp_weight(n, d):\n    return helper(d)"
    told = failure(Incorrect, "warp_weight", answer(code, n_others=3))
    assert "reads n_others from the notebook" in told


def test_constants_functions_and_modules_of_the_notebook_may_be_used(capsys):
    code = (
        "def rank(n, d):\n    return max((n - ONE) // d, ONE)\n\ndef warp_weight(n, d):\n    return np.log(rank(n, d))"
    )
    check("warp_weight", answer(code, ONE=1))
    assert capsys.readouterr().out == "warp_weight: right\n"


def test_a_changed_argument_is_noticed():
    code = (
        "def find_violation(scores, positive, liked, drawn):\n"
        "    scores -= scores[positive] - 1\n"
        "    for draws, item in enumerate(drawn, start=1):\n"
        "        if scores[item] > 0 and item not in liked:\n"
        "            return item, draws\n"
        "    return -1, len(drawn)"
    )
    told = failure(Incorrect, "find_violation", answer(code, "find_violation"))
    assert "changes its argument scores" in told


def test_what_an_answer_prints_is_shown_with_the_case_that_fails(capsys):
    told = failure(Incorrect, "warp_weight", answer("def warp_weight(n, d):\n    print('n is', n)\n    return 7.0"))
    assert "printed    n is 4" in told
    assert capsys.readouterr().out == ""


def test_endless_printing_ends():
    told = failure(
        AnswerRaised, "warp_weight", answer("def warp_weight(n, d):\n    while True:\n        print('x' * 9999)")
    )
    assert "TooMuchPrinted" in told
    assert len(told) < 2000


def test_other_parameters_and_no_function_at_all():
    assert "expected (n_items, draws)" in failure(Incorrect, "warp_weight", answer("def warp_weight(n):\n    return n"))
    assert "expected a function" in failure(Incorrect, "warp_weight", 0.69)
    failure(NotAttempted, "warp_weight", None)


def test_other_names_and_more_parameters_with_defaults_are_fine(capsys):
    check("warp_weight", lambda a, b, base=1: np.log(max((a - base) // b, 1)))
    assert "right" in capsys.readouterr().out


def test_a_value_that_cannot_be_compared_is_named():
    told = failure(Incorrect, "warp_weight", answer("def warp_weight(n, d):\n    return (i for i in range(n))"))
    assert "a generator" in told


def test_warnings_of_an_answer_do_not_reach_stderr(capsys):
    failure(Incorrect, "warp_weight", answer("def warp_weight(n, d):\n    return np.log(np.float64(0) * n)"))
    assert capsys.readouterr().err == ""


def test_an_unknown_problem_names_close_ones():
    assert "Did you mean 'warp_weight'" in failure(NeedsSetup, "warp_weigth", None)


class TestHints:
    @pytest.fixture(autouse=True)
    def forget(self, monkeypatch):
        monkeypatch.setattr(checking, "_hints_given", {})

    def test_one_after_the_other_and_then_the_solution(self, capsys):
        for _ in range(4):
            hint("warp_weight")
        told = capsys.readouterr().out.splitlines()
        assert [line.split(":")[0] for line in told if line.startswith("hint")] == [
            f"hint {n} of 3" for n in (1, 2, 3, 3)
        ]
        assert told[-1] == 'After this there is solution("warp_weight").'

    def test_a_step_can_be_chosen_and_must_exist(self, capsys):
        hint("warp_weight", 2)
        assert capsys.readouterr().out.startswith("hint 2 of 3")
        for step in (0, 4, True, "1"):
            with pytest.raises(ValueError, match="step is"):
                hint("warp_weight", step)

    def test_the_solution_is_the_worked_answer(self, capsys):
        solution("warp_weight")
        assert "rank = (n_items - 1) // draws" in capsys.readouterr().out

    def test_unknown_names(self):
        for function in (hint, solution):
            with pytest.raises(NeedsSetup):
                function("nothing")
