"""Questions and answers of CrossValidated, downloaded on request, as LightFM's function gives them.

Nothing here knows of models or metrics.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.datasets import _records
from recsys_lessons.datasets._archives import Source, obtain, read_members

__all__ = ["fetch_stackexchange"]

CHECKSUMS = {
    "features_col.npy": "2ca9b8bd41fe2e2b8436916c042ed062d9f3f6f8958b23df54d1cfc6ddeb5e79",
    "features_data.npy": "da7a2730b0c6d6f927b9033d1b3ac6f3a624c7580108333307b2ca6a09460c98",
    "features_row.npy": "c318881541e7bab0f3b38f0413d806ac619f7ca3dcce22448320715732e02571",
    "features_shape.npy": "f9a9fa80a2f9e305ba4554998a9412f72c0a802b053d2d4f6d381ef318ef27af",
    "interactions_col.npy": "0058f908a4277a9622016863305b34c438a10fc42758d1b2b43341b4ad5cb8a6",
    "interactions_data.npy": "98f8feca1373f9713dc905f3b568bdabe449d4ecad438cf7d70d6b959f7dc563",
    "interactions_row.npy": "dc84d87905548faf60e2f1526a3b5ab91fc5b0a06ef77d45f3f07b20a2c56e4d",
    "interactions_shape.npy": "6d46e7f016dc91d7cbf5e6ce15a1a105a5b57050e6fc8ca470b4ecbc4d9ff0c4",
    "labels.npy": "80f076426f7dfaac0c04df2ed75e71a99c24961b43f12e180979dd48e9441ded",
}
RELEASES = "https://github.com/maciejkula/lightfm_datasets/releases"
WRAPPED = "stackexchange/crossvalidated/data.npz"


def _read(path: Path) -> dict[str, bytes]:
    """Return the arrays of LightFM's ``.npz``, which may itself lie in a zip archive with its licence."""
    archive = read_members(path, {WRAPPED: None})[WRAPPED] if path.suffix == ".zip" else path
    return read_members(archive, CHECKSUMS)


SOURCE = Source(
    title="CrossValidated (StackExchange)",
    file_names=("stackexchange_crossvalidated.npz", "stackexchange-crossvalidated.zip"),
    url=f"{RELEASES}/download/v0.1.0/stackexchange_crossvalidated.npz",
    page=f"{RELEASES}/tag/v0.1.0",
    read=_read,
)


def fetch_stackexchange(
    dataset: str,
    test_set_fraction: float = 0.2,
    min_training_interactions: int = 1,
    data_home: str | os.PathLike[str] | None = None,
    indicator_features: bool = True,
    tag_features: bool = False,
    download_if_missing: bool = True,
) -> dict[str, Any]:
    """Fetch who answered which question on CrossValidated, StackExchange's site on statistics, until 2016.

    There are 9,431 users, 72,360 questions with 1,246 tags, and 70,327 answers (69,905 different pairs of
    user and question). The archive is looked for in
    the folder that the environment variable ``RECSYS_LESSONS_DATA`` names, then in `data_home`, and is
    downloaded from LightFM's data release otherwise. The content is licensed CC BY-SA 3.0 by its authors and
    comes from the Stack Exchange network.

    Parameters
    ----------
    dataset : {"crossvalidated"}
        LightFM also knows ``"stackoverflow"``, with 18 million answers; it is not offered here.
    test_set_fraction : float
        The share of answers in the test set, between 0 and 1: the latest ones.
    min_training_interactions : int
        Keep the users with *more* answers than this in the training set, as LightFM does; users are numbered
        anew. With 0, all users are kept.
    data_home : path, optional
        Folder in which the archive is kept. Default: the folder for caches of the operating system.
    indicator_features : bool
        Give each question a feature of its own: an identity matrix.
    tag_features : bool
        Give each question its tags. With both, the tags follow the identity.
    download_if_missing : bool
        If False and the archive is nowhere, raise an ``OSError``.

    Returns
    -------
    dict
        ``train``, ``test``: float32 COO matrices of ones, of shape (n_users, 72360); ``item_features``:
        float32 CSR matrix of shape (72360, n_item_features); ``item_feature_labels``: array of str, as in
        ``"question_id:7"`` and ``"bayesian"``.

    Raises
    ------
    ValueError
        For an unknown data set, an argument out of its range, both kinds of features off, or an archive that
        is damaged or not the one expected.
    OSError
        If the archive is missing and cannot be downloaded; the message says how to go on.

    Notes
    -----
    The same as LightFM 1.17, with one oddity kept: where a user answered a question more than once (344
    pairs), the times are added up, which puts the pair into the test set whenever it was.
    """
    if not (indicator_features or tag_features):
        raise ValueError("At least one of indicator_features or tag_features must be True.")
    if dataset == "stackoverflow":
        raise ValueError(
            "dataset 'stackoverflow' is not offered: its checksums are not known to this package, so that a "
            "download could not be verified. Choose 'crossvalidated'."
        )
    if dataset != "crossvalidated":
        raise ValueError(f"Unknown dataset: expected 'crossvalidated', got {dataset!r}.")
    if not 0 < test_set_fraction < 1:
        raise ValueError(f"Test set fraction must be between 0 and 1, got test_set_fraction={test_set_fraction!r}.")
    members = obtain(SOURCE, data_home, download_if_missing)
    arrays = {
        name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        for name, content in members.items()
    }

    answers = _coo(arrays, "interactions")
    answers.sum_duplicates()
    first_in_test = np.sort(answers.data)[int(answers.nnz * (1 - test_set_fraction))]
    in_train = answers.data < first_in_test
    train, test = (
        sp.coo_matrix(
            (np.ones(chosen.sum(), dtype=np.float32), (answers.row[chosen], answers.col[chosen])),
            shape=answers.shape,
        )
        for chosen in (in_train, ~in_train)
    )
    if min_training_interactions > 0:
        kept = train.getnnz(axis=1) > min_training_interactions
        train, test = train.tocsr()[kept].tocoo(), test.tocsr()[kept].tocoo()

    blocks = []
    if indicator_features:
        labels = np.array([f"question_id:{question}" for question in range(answers.shape[1])])
        blocks.append(_records.identity_block(labels))
    if tag_features:
        blocks.append((_coo(arrays, "features").tocsr(), arrays["labels"]))
    item_features, item_feature_labels = _records.stack_features(blocks)
    return {
        "train": train,
        "test": test,
        "item_features": item_features,
        "item_feature_labels": item_feature_labels,
    }


def _coo(arrays: dict[str, np.ndarray], name: str) -> sp.coo_matrix:
    values, rows, columns, shape = (arrays[f"{name}_{part}"] for part in ("data", "row", "col", "shape"))
    return sp.coo_matrix((values, (rows, columns)), shape=tuple(shape.ravel().tolist()))
