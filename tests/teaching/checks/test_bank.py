"""The bank of problems: right answers pass, known mistakes are told apart, and every problem is complete."""

import ast
import inspect

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons.teaching.checks import judging
from recsys_lessons.teaching.checks.calling import attempt
from recsys_lessons.teaching.checks.problem import AS_THE_WORKED_ANSWER, _modules, problems_of
from recsys_lessons.teaching.checks.values import plain

LESSONS = [module.removeprefix("lesson_") for module in _modules()]
PROBLEMS = [problem for lesson in LESSONS for problem in problems_of(lesson)]
WRONG = [(problem, wrong) for problem in PROBLEMS for wrong in problem.wrong]
VARIANTS = [(problem, variant) for problem in PROBLEMS for variant in problem.variants]


def verdict(problem, answer):
    return judging.judge(problem, attempt(problem, answer))


def label(value):
    return getattr(value, "name", None) or getattr(getattr(value, "answer", value), "__name__", None)


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_the_worked_answer_is_right(problem):
    assert verdict(problem, problem.answer) == judging.Verdict(judging.RIGHT)


@pytest.mark.parametrize(("problem", "variant"), VARIANTS, ids=label)
def test_an_unusual_right_answer_is_right(problem, variant):
    assert verdict(problem, variant) == judging.Verdict(judging.RIGHT)


@pytest.mark.parametrize(("problem", "wrong"), WRONG, ids=label)
def test_a_known_mistake_is_named(problem, wrong):
    told = verdict(problem, wrong.answer)
    assert told.outcome == judging.WRONG
    if problem.is_open:
        assert wrong.diagnosis in told.diagnosis
    else:
        assert told.diagnosis == wrong.diagnosis


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_a_problem_is_complete(problem):
    assert len(problem.wrong) >= 3
    assert problem.variants
    assert len(problem.hints) == 3 and all(hint.strip() for hint in problem.hints)
    assert problem.difficulty in (1, 2, 3)
    assert 1 <= problem.minutes <= 45
    assert problem.objective[0].islower() and not problem.objective.endswith(".")
    assert len({wrong.diagnosis for wrong in problem.wrong}) == len(problem.wrong) or problem.is_open
    assert inspect.getdoc(problem.answer), "a learner reads the docstring"


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_something_is_worked_out_without_the_worked_answer(problem):
    known = [case for case in problem.cases if case.expected is not AS_THE_WORKED_ANSWER]
    assert known or problem.requires
    assert problem.is_open or len(problem.cases) >= 3


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_its_values_are_plain_and_the_same_each_time(problem):
    for case in problem.cases:
        assert case.expected is AS_THE_WORKED_ANSWER or plain(case.expected) is not None or case.expected is None
    results = [attempt(problem, problem.answer).results for _ in range(2)]
    for one, other in zip(*results, strict=True):
        np.testing.assert_equal(str(one.value), str(other.value))


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_nothing_written_is_not_attempted(problem):
    def empty(*arguments):
        """Only this."""

    def raises(*arguments):
        raise NotImplementedError()

    for answer in (empty, raises, None, ...):
        assert verdict(problem, answer) == judging.Verdict(judging.NOT_ATTEMPTED)


ODD = [
    "text",
    7,
    float("nan"),
    [],
    [[1], [1, 2]],
    {"a": 1},
    {1, 2},
    np.array(["a", "b"]),
    np.full((3, 3), np.nan),
    np.zeros((0, 5)),
    sp.csr_matrix((10**6, 10**6)),
    [None, None],
    np.array([object()]),
    (np.arange(3), "b"),
    2**80,
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=label)
def test_an_odd_value_is_wrong_and_nothing_worse(problem):
    for value in ODD:
        told = verdict(problem, lambda *arguments, value=value: value)
        assert told.outcome == judging.WRONG, value
        assert told.diagnosis or told.facts


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_worked_answer_is_one_function_that_can_be_copied(lesson):
    # The build copies it to a notebook, where no helper of the module is at hand.
    for problem in problems_of(lesson):
        tree = ast.parse(inspect.getsource(problem.answer))
        loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        helpers = {name for name in loaded if name.startswith("_")}
        assert not helpers, f"{problem.name} uses {helpers}"


def test_names_and_lessons_are_unique_and_known():
    names = [problem.name for problem in PROBLEMS]
    assert len(names) == len(set(names))
    assert all(3 <= len(problems_of(lesson)) <= 6 for lesson in LESSONS)
    assert all(any(problem.is_open for problem in problems_of(lesson)) for lesson in LESSONS)
