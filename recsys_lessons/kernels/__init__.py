"""The algorithms of the course, compiled with Numba: pure functions over arrays, one idea a file.

Nothing here knows about models, data sets or lessons. Read in this order: :mod:`.representation` (a row is the weighted
sum of its features' embeddings), :mod:`.schedules` (how far to step), :mod:`.logistic`, :mod:`.bpr`, :mod:`.warp` and
:mod:`.k_os` (which step to take), :mod:`.training` (the loop around them), :mod:`.ranking` (what comes out).
:mod:`.reference` repeats all of it as plain loops.
"""
