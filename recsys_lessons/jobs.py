"""Independent pieces of work on the same data: one after the other here, or on the workers of a Dask cluster.

The data goes to every worker once; a piece of work is sent as its number. Results come back as they are ready. This
module must not know what the work is about, and imports Dask only when there is a cluster to ask.
"""

from __future__ import annotations

import importlib.util
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

from recsys_lessons.validation import positive_int

__all__ = ["Jobs"]

SECONDS_FOR_A_WORKER = 30
"""How long a cluster without workers is given to start one."""

Work = Callable[[Any, int, Callable[[], bool]], Any]


class Jobs(Iterator[tuple[int, Any]]):
    """Pieces of work, numbered from 0: an iterator over ``(number, outcome)`` in the order in which they are done.

    Parameters
    ----------
    work : callable
        ``work(shared, number, is_stopped)``, a function of a module. It asks ``is_stopped()`` now and then, and returns
        None if it gave up because of that; everything else that it returns is an outcome.
    shared : object
        What all pieces of work need: sent once to every worker.
    n_jobs : int
        How many there are.
    client : None, str or distributed.Client
        Where: here, on the cluster with this scheduler's address, or on the one that this client is connected to.
    retries : int
        How often a piece of work is sent out again after the data or the result was lost with a worker. (Work that
        waits or runs on a worker that dies is Dask's to move.)

    Attributes
    ----------
    is_stopped : bool
    is_done : bool
        Whether nothing is left to do, because all is done or because of `stop`.

    Raises
    ------
    ValueError
        For another client.
    ImportError
        If there is to be a cluster, and the package `distributed` is missing.

    Examples
    --------
    >>> def work(shared, number, is_stopped):
    ...     return shared * number
    >>> list(Jobs(work, 10, 3))
    [(0, 0), (1, 10), (2, 20)]
    """

    def __init__(
        self,
        work: Work,
        shared: Any,
        n_jobs: int,
        *,
        client: Any = None,
        retries: int = 3,
    ) -> None:
        retries = positive_int("retries", retries)
        where = _Here if client is None else _Cluster
        self.is_done = False
        self._stop, self._turn = threading.Event(), threading.Lock()
        self._place = where(work, shared, n_jobs, self._stop.is_set, checked_client(client), retries)
        self._is_begun = False

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def __next__(self) -> tuple[int, Any]:
        with self._turn:
            if self.is_done:
                raise StopIteration
            try:
                if not self._is_begun:
                    self._is_begun = True
                    self._place.begin()
                result = None if self.is_stopped else self._place.next()
            except BaseException:
                self._end()
                raise
            if result is None:
                self._end()
                raise StopIteration
            return result

    def stop(self, wait: bool = True) -> None:
        """Begin nothing more, and let what runs give up. May be called from another thread, and more than once.

        With `wait` it returns once nothing is running any more, here or there. Without, another thread sees to that;
        call it again to wait.
        """
        self._stop.set()
        if wait:
            self._give_up()
        else:
            threading.Thread(target=self._give_up, daemon=True).start()

    def _give_up(self) -> None:
        self._place.cancel()
        with self._turn:
            self._end()

    def _end(self) -> None:
        if not self.is_done:
            self.is_done = True
            self._place.end()


class _Here:
    """In this process, each piece when the iterator is asked for it."""

    def __init__(self, work, shared, n_jobs, is_stopped, client, retries):
        self._work, self._shared, self._is_stopped = work, shared, is_stopped
        self._numbers = iter(range(n_jobs))

    def begin(self) -> None:
        pass

    def next(self) -> tuple[int, Any] | None:
        number = next(self._numbers, None)
        outcome = None if number is None else self._work(self._shared, number, self._is_stopped)
        return None if outcome is None else (number, outcome)

    def cancel(self) -> None:
        pass  # the work that runs asks `is_stopped`

    def end(self) -> None:
        self._shared = None


# --- on a cluster, seen from the notebook -------------------------------------------------------------------------


def checked_client(client: Any) -> Any:
    """`client`, if it is None, an address or a client that can be waited for; otherwise raise."""
    if client is None:
        return None
    if importlib.util.find_spec("distributed") is None:
        raise ImportError("A client needs the package distributed, which is not installed: pip install distributed")
    from distributed import Client

    if isinstance(client, str):
        if "://" not in client:
            raise ValueError(f"client must be an address like 'tcp://127.0.0.1:8786', got {client!r}.")
    elif not isinstance(client, Client):
        raise ValueError(f"client must be a distributed.Client, the address of a scheduler or None, got {client!r}.")
    elif client.asynchronous:
        raise ValueError("client must be a Client made without asynchronous=True.")
    elif client.status in ("closing", "closed"):
        raise ValueError(f"client must be open, got one that is {client.status}.")
    return client


class _Cluster:
    """On the workers of a Dask cluster: all pieces are sent at once, and each is taken as it comes."""

    def __init__(self, work, shared, n_jobs, is_stopped, client, retries):
        self._work, self._shared, self._n_jobs = work, shared, n_jobs
        self._is_stopped, self._retries = is_stopped, retries
        self._client = None if isinstance(client, str) else client
        self._address = client if isinstance(client, str) else None
        self._run = f"recsys-lessons-{uuid.uuid4().hex[:12]}"
        self._data = None
        self._waiting: dict[str, tuple[int, Any, Any]] = {}
        self._losses: Counter[int] = Counter()

    def begin(self) -> None:
        from distributed import Client, as_completed

        if self._client is None:
            self._client = Client(self._address, set_as_default=False)
        self._done = as_completed(loop=self._client.loop)
        self._send_data()
        for number in range(self._n_jobs):
            if self._is_stopped():
                return
            self._send(number)

    def next(self) -> tuple[int, Any] | None:
        from distributed import KilledWorker

        while self._waiting:
            future = next(self._done)
            if self._is_stopped():
                return None
            number, future, data = self._waiting.pop(future.key)
            try:
                outcome = future.result()
                future.release()
            except CancelledError:  # not by us: what it needs, or its result, was lost with a worker
                self._send_again(number, data)
                continue
            except KilledWorker as error:
                raise RuntimeError(f"Piece of work {number} was given up. {error}") from error
            return number, outcome
        return None

    def _send_data(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=SECONDS_FOR_A_WORKER)
        except TimeoutError as error:
            raise RuntimeError(
                f"The cluster at {self._client.scheduler.address} has no worker, and none came in "
                f"{SECONDS_FOR_A_WORKER} seconds."
            ) from error
        failed: OSError | None = None
        for _ in range(self._retries + 1):
            try:
                # In a list, since Dask would take a shared dictionary or tuple apart.
                (self._data,) = self._client.scatter([self._shared], broadcast=True, hash=False)
                return
            except OSError as error:  # a worker died that was to get it
                failed = error
        raise RuntimeError(f"The data could not be sent to the workers in {self._retries + 1} attempts.") from failed

    def _send(self, number: int) -> None:
        key = f"{self._run}-{number}-{self._losses[number]}"
        future = self._client.submit(_on_worker, self._run, self._work, self._data, number, key=key, pure=False)
        self._waiting[key] = number, future, self._data
        self._done.add(future)

    def _send_again(self, number: int, data: Any) -> None:
        self._losses[number] += 1
        if self._losses[number] > self._retries:
            raise RuntimeError(
                f"Piece of work {number} was lost with its worker {self._losses[number]} times; see the workers' logs, "
                "and whether their memory suffices."
            )
        if data is self._data:  # otherwise it has been sent again since
            self._send_data()
        self._send(number)

    def cancel(self) -> None:
        client = self._client
        if client is None or client.status != "running":
            return
        client.cancel([future for _, future, _ in list(self._waiting.values())])
        client.run(_halt, self._run, on_error="ignore")

    def end(self) -> None:
        client = self._client
        if client is not None and client.status == "running":
            self.cancel()
            while sum(client.run(_n_running, self._run, on_error="ignore").values()):
                time.sleep(0.02)
            if self._data is not None:
                client.cancel([self._data])
        self._waiting.clear()
        self._data = self._shared = self._done = None
        if self._address is not None and client is not None:
            client.close()


# --- on a cluster, seen from a worker -----------------------------------------------------------------------------

_lock = threading.Lock()
_running: Counter[str] = Counter()
_halted: set[str] = set()


def _on_worker(run: str, work: Work, shared: Any, number: int) -> Any:
    with _lock:
        _running[run] += 1
    try:
        return None if run in _halted else work(shared, number, lambda: run in _halted)
    finally:
        with _lock:
            _running[run] -= 1


def _halt(run: str) -> None:
    # Stays: a piece of work that is on its way to this worker must find it.
    _halted.add(run)


def _n_running(run: str) -> int:
    return _running[run]
