"""One thread, one seed, the same bytes: whatever processor Numba compiles for, whatever the C library and BLAS pick.

Each environment is one process, since these choices are made when a process starts.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numba
import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import hashlib, itertools, json, math, struct, sys
import llvmlite.binding as llvm, numba, numpy as np, scipy.sparse as sp
from recsys_lessons import FunkSVD, LightFM

random = np.random.default_rng(0)
n_users, n_items, n_components = 40, 70, 19

def features(n_rows):
    shared = sp.random_array((n_rows, 12), density=0.2, rng=random, dtype=np.float32)
    return sp.hstack([sp.identity(n_rows, dtype=np.float32), shared], format="csr")

entries = [random.integers(0, n, 900) for n in (n_users, n_items)]
likes = sp.coo_matrix((random.choice([1.0, 1.0, -1.0], 900), entries), shape=(n_users, n_items))
weights = sp.coo_matrix((random.uniform(0.2, 2.0, 900), entries), shape=(n_users, n_items))
user_features, item_features = features(n_users), features(n_items)

def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()

digests = {}
cases = itertools.product(
    ("logistic", "bpr", "warp", "warp-kos"), ("adagrad", "adadelta"), (None, user_features), (None, item_features)
)
for loss, schedule, users, items in cases:
    described = {"user_features": users, "item_features": items}
    model = LightFM(n_components, loss=loss, learning_schedule=schedule, item_alpha=1e-3, random_state=3)
    model.set_params(user_alpha=1e-3).fit(likes, sample_weight=weights, epochs=3, **described)
    name = f"{loss} {schedule} {users is not None} {items is not None}"
    digests[name] = digest(
        model.user_embeddings, model.user_biases, model.item_embeddings, model.item_biases,
        model.item_embedding_gradients, model.item_embedding_momentum,
        np.array([record["loss"] for record in model.training_history]),
    )
    digests[name + " ranks"] = digest(
        model.predict_rank(likes, **described).data,
        model.predict(np.arange(n_users), np.arange(n_users), **described),
        *model.recommend(np.arange(n_users), **described),
        *model.similar_items(np.arange(n_items), item_features=items),
        model.fold_in(likes.tocsr()[:5], item_features=items).user_embeddings,
    )
rated = sp.coo_matrix((random.integers(1, 6, 900).astype(np.float32), entries), shape=(n_users, n_items)).tocsr()
funk = FunkSVD(n_components, epochs=3, random_state=3).fit(rated)
digests["funk svd"] = digest(funk.predict(np.arange(n_users), np.arange(n_users)))

x = random.uniform(-20, 20, 20000)
target = numba.core.registry.cpu_target.target_context.codegen()._tm_features
square = random.normal(size=(300, 300)).astype(np.float32)
witnesses = {
    "libm": digest(np.array([math.exp(number) for number in x.tolist()])),
    "features": hashlib.sha256(target.encode()).hexdigest(),
    "blas": digest(square @ square),
}
print(json.dumps({"digests": digests, "witnesses": witnesses}))
"""

# The names are those since glibc 2.33 and, with _Usable, those before.
MASKED = ",".join(
    f"-{name}{suffix}" for name in ("AVX2", "FMA", "FMA4", "AVX512F", "AVX512VL") for suffix in ("", "_Usable")
)
ENVIRONMENTS = {
    "native": {},
    "generic": {"NUMBA_CPU_NAME": "generic"},
    "haswell": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+sse4.2,+popcnt"},
    "masked C library": {"GLIBC_TUNABLES": f"glibc.cpu.hwcaps={MASKED}"},
    "BLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "BLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
}
STEERING = ("NUMBA_", "GLIBC_", "OPENBLAS_")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What the program prints in an environment. Code that is compiled for one processor is shared."""
    cache = str(tmp_path_factory.mktemp("kernels"))
    root = str(Path(__file__).resolve().parent.parent)
    known = {}

    def result(name):
        if name not in known:
            inherited = {key: value for key, value in os.environ.items() if not key.startswith(STEERING)}
            finished = subprocess.run(
                [sys.executable, "-c", PROGRAM],
                env={**inherited, "PYTHONPATH": root, "NUMBA_CACHE_DIR": cache, **ENVIRONMENTS[name]},
                capture_output=True,
                text=True,
            )
            assert finished.returncode == 0, finished.stderr
            known[name] = json.loads(finished.stdout)
        return known[name]

    return result


def processor_flags() -> set[str]:
    cpuinfo = Path("/proc/cpuinfo")
    return set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="promised for x86-64 only")
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the compiler is off (NUMBA_DISABLE_JIT)")
@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if name != "native"])
def test_the_same_bytes_in_every_environment(run, name):
    if name == "haswell" and not {"avx2", "fma", "bmi2"} <= processor_flags():
        pytest.skip("this processor cannot run code for Haswell")
    expected, found = run("native")["digests"], run(name)["digests"]
    assert len(expected) == 2 * 4 * 2 * 4 + 1
    assert len(set(expected.values())) == len(expected)
    assert found == expected


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="promised for x86-64 only")
@pytest.mark.parametrize(
    ("name", "witness"), [("generic", "features"), ("masked C library", "libm"), ("BLAS for Nehalem", "blas")]
)
def test_the_environments_do_differ(run, name, witness):
    if not {"avx2", "fma"} <= processor_flags():
        pytest.skip("this processor has no AVX2 and FMA to hide")
    assert run(name)["witnesses"][witness] != run("native")["witnesses"][witness]
