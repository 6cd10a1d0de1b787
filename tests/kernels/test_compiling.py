"""How kernels are compiled: strictly, once for each setting of the features, cached under a hash of their sources."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from recsys_lessons.kernels import compiling, reference
from recsys_lessons.kernels.own import compile_loss
from recsys_lessons.kernels.training import learn_entries
from tests.kernels.problems import LOSSES, SCHEDULES, problem

KERNELS = Path(compiling.__file__).parent
with_compiler = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the compiler is off (NUMBA_DISABLE_JIT)")

# Compiled functions whose twin has another name, since it does in one piece what they do in several.
TWINS = {
    "copy_representation": "represent",
    "count_at_least": "rank_of",
    "comes_after": "best_of",
    "dot": "dot_in_lanes",
    "exponentials": "exp_negative",
    "fill_rank_weights": "rank_weight",
    "judge": ("judge_logistic", "judge_bpr", "judge_warp"),
    "keep_best": "best_of",
    "place_of_bit": "is_known",
    "position_of_rank": "choose_positive",
    "next_candidate": "candidates",
    "group_positives": "choose_positive",
    "predict_pairs": "score_pair",
    "rank_entries": "rank_of",
    "recommend_rows": "best_of",
    "score_group": "score_pair",
    "score_row": "score_item",
    "search": "is_known",
    "set_bits": "is_known",
    "sift_down": "best_of",
    "silence": "rank_of",
    "step_bias": "step_number",
    "step_embedding": "step_number",
    "step_embeddings": "learn_ratings",
    "sum_embeddings": "represent",
}
# A data generator is no algorithm of the course; fetching memory ahead changes no result.
WITHOUT_TWIN = {"newsroom.py", "fetch_rows", "fetch_row"}


def compiled_functions():
    """(file, name) of each compiled function."""
    for source in sorted(KERNELS.glob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.FunctionDef):
                decorators = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
                if decorators & {"kernel", "part", "inner"}:
                    yield source.name, node.name


def test_every_kernel_has_a_twin():
    found = list(compiled_functions())
    assert len(found) > 30
    for file, name in found:
        if file in WITHOUT_TWIN or name in WITHOUT_TWIN:
            continue
        twins = TWINS.get(name, name)
        for twin in (twins,) if isinstance(twins, str) else twins:
            assert callable(getattr(reference, twin, None)), f"{file}: {name} has no twin {twin} in reference.py"


def test_only_kernels_know_numba(repository):
    importing = re.compile(r"^\s*(import|from) (numba|llvmlite)\b", re.MULTILINE)
    package = repository / "recsys_lessons"
    users = {path.relative_to(package).parts[0] for path in package.rglob("*.py") if importing.search(path.read_text())}
    assert users <= {"kernels", "doctor.py"}
    assert not importing.search((KERNELS / "reference.py").read_text())


@with_compiler
@pytest.mark.parametrize("item_features", [False, True], ids=["items", "item_features"])
@pytest.mark.parametrize("user_features", [False, True], ids=["users", "user_features"])
def test_one_signature_serves_all_losses_schedules_and_weights(user_features, item_features):
    def learn(*names):
        start = problem(*names, n_entries=5).copy()
        order = np.arange(5, dtype=np.int32)
        learn_entries(start.model, start.data, order, start.settings, start.worker(start.stream()))

    learn("logistic", "adagrad", user_features, item_features)
    once = len(learn_entries.signatures)
    for loss in LOSSES:
        for schedule in SCHEDULES:
            for weighted in (False, True):
                learn(loss, schedule, user_features, item_features, weighted, 0.1)
    assert len(learn_entries.signatures) == once
    # With and without features on two sides, each for the library's losses and for own ones of pairs.
    assert once <= 4 * 2


@with_compiler
def test_one_signature_serves_all_losses_of_pairs():
    """Numba gives no machine code back: a kernel for each loss would stay in memory."""

    def learn(function, kind):
        start = problem("warp", n_entries=5).copy()
        own = compile_loss("own", function, kind)
        order = np.arange(5, dtype=np.int32)
        learn_entries(start.model, start.data, order, start.settings, start.worker(start.stream()), None, own)
        return start.model.items.parameters.biases.copy()

    still = learn(lambda difference, draws: (0.0, 0.0), "short pair")
    once = len(learn_entries.signatures)
    moved = [
        learn(lambda difference, draws: (1.0, 0.0), "short pair"),
        learn(lambda difference, draws: (2.0, 0.0), "short pair"),
        learn(lambda difference, draws, liked, other: (1, liked + other), "pair"),
    ]
    assert len(learn_entries.signatures) == once
    assert not any(np.array_equal(still, biases) for biases in moved)
    assert np.array_equal(moved[0], moved[2]) and not np.array_equal(moved[0], moved[1])


@pytest.fixture(scope="module")
def code():
    """The LLVM code of the training kernel, before and after optimization, and its machine code."""
    compiled = numba.njit(**compiling._OPTIONS)(learn_entries.py_func)
    start = problem(n_entries=5).copy()
    compiled(start.model, start.data, np.arange(5, dtype=np.int32), start.settings, start.worker(start.stream()))
    (llvm,), (assembly,) = compiled.inspect_llvm().values(), compiled.inspect_asm().values()
    return llvm, assembly


@with_compiler
def test_arithmetic_is_strict(code):
    llvm, assembly = code
    operations = re.findall(r"= f(?:add|sub|mul|div) [^\n]*", llvm)
    assert len(operations) > 50
    assert any("<8 x float>" in operation for operation in operations)
    flags = re.compile(r"= f(?:add|sub|mul|div) (?:fast|reassoc|nnan|ninf|nsz|arcp|contract|afn)\b")
    assert not [operation for operation in operations if flags.search(operation)]
    assert "fmuladd" not in llvm
    assert not re.search(r"\bvfn?m(add|sub)", assembly)


@with_compiler
def test_the_c_library_is_not_asked_for_exp_or_log(code):
    llvm, _ = code
    called = set(re.findall(r"call [^@\n]*@\"?([\w.]+)", llvm))
    assert not [name for name in called if re.search(r"\b(exp|log|pow)", name.removeprefix("llvm."))], called


@with_compiler
def test_nothing_is_allocated_or_counted(code):
    assert "NRT_" not in code[0]


# ---------------------------------------------------------------------------------------------- caching, in processes


@pytest.fixture
def install(tmp_path):
    """A copy of the package that may be changed."""
    package = tmp_path / "install" / "recsys_lessons"
    shutil.copytree(KERNELS.parent, package, ignore=shutil.ignore_patterns("__pycache__", "files"))
    return package.parent


def run(install, program, **environment):
    """Output of a program that uses the copied package, which must warn of nothing."""
    # Outside variables that steer Numba would hide what is tested.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_", "PYTEST"))}
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**inherited, "PYTHONPATH": str(install), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=install,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


# `fill_rank_weights` calls `logarithm`, which stands in another file: what Numba's own cache would not notice.
RANK_WEIGHT = """
import numpy as np, recsys_lessons
from recsys_lessons.kernels import warp
weights = np.zeros(2)
warp.fill_rank_weights(weights, 3)
print(recsys_lessons.__file__, sum(warp.fill_rank_weights.stats.cache_hits.values()), weights[1])
"""


@with_compiler
def test_the_cache_notices_a_changed_callee(install, tmp_path):
    cache = str(tmp_path / "cache")
    file, hits, weight = run(install, RANK_WEIGHT, NUMBA_CACHE_DIR=cache).split()
    assert Path(file).is_relative_to(install)
    assert (hits, float(weight)) == ("0", pytest.approx(0.6931471805599453))
    assert run(install, RANK_WEIGHT, NUMBA_CACHE_DIR=cache).split()[1:] == ["1", weight]

    elementary = install / "recsys_lessons" / "kernels" / "elementary.py"
    before = elementary.read_text()
    elementary.write_text(before.replace("_LOG_2 = 0.69", "_LOG_2 = 7.69"))
    assert elementary.read_text() != before
    hits, changed = run(install, RANK_WEIGHT, NUMBA_CACHE_DIR=cache).split()[1:]
    assert (hits, float(changed)) == ("0", pytest.approx(7.6931471805599453))

    elementary.write_text(before)
    assert run(install, RANK_WEIGHT, NUMBA_CACHE_DIR=cache).split()[1:] == ["1", weight]


@with_compiler
def test_the_cache_lies_in_the_users_cache_folder(install, tmp_path):
    run(install, RANK_WEIGHT, XDG_CACHE_HOME=str(tmp_path / "home"), HOME=str(tmp_path))
    (folder,) = (tmp_path / "home" / "recsys-lessons").glob("kernels-*")
    assert list(folder.rglob("*.nbi"))
    assert not list(install.rglob("*.nb?"))


@with_compiler
def test_nothing_writable_compiles_uncached_and_silently(install):
    # Nobody, not even root, can make a folder in /proc.
    for path in (install, *install.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        nowhere = {"HOME": "/proc/nothing", "XDG_CACHE_HOME": "/proc/nothing/cache"}
        before = set(install.rglob("*"))
        _, hits, weight = run(install, RANK_WEIGHT, **nowhere).split()
        assert (hits, float(weight)) == ("0", pytest.approx(0.6931471805599453))
        assert set(install.rglob("*")) == before
    finally:
        for path in (install, *install.rglob("*")):
            path.chmod(0o755)


EVERYTHING = """
import hashlib, numpy as np, scipy.sparse as sp
from recsys_lessons.datasets import make_newsroom
from recsys_lessons.models.lightfm import LightFM
digest = hashlib.sha256()
likes = sp.coo_matrix(np.eye(4, 6) + np.eye(4, 6, 2))
for loss in ("logistic", "bpr", "warp", "warp-kos"):
    for features in (None, sp.identity(6, format="csr")):
        model = LightFM(loss=loss, no_components=3, random_state=1).fit(likes, item_features=features, epochs=2)
        digest.update(model.item_embeddings.tobytes())
        digest.update(model.predict_rank(likes, item_features=features).data.tobytes())
        digest.update(model.recommend([0, 1], n=2, item_features=features)[1].tobytes())
        digest.update(model.similar_items(0, n=2, item_features=features)[1].tobytes())
room = make_newsroom(1, n_readers=40, n_articles=60, days=8, test_days=2, visits_per_reader=4.0)
for array in (*room.impressions.values(), *room.readers.values(), *room.planted.values(), room.item_features.indices):
    digest.update(np.ascontiguousarray(array).tobytes())
digest = digest.hexdigest()
"""


def test_kernels_give_the_same_bytes_with_the_compiler_off(install):
    here = {}
    exec(EVERYTHING, here)
    program = EVERYTHING + "print(digest)"
    off = run(install, program, NUMBA_DISABLE_JIT="1", HOME="/proc/nothing", XDG_CACHE_HOME="/proc/nothing/cache")
    assert off.strip() == here["digest"]
