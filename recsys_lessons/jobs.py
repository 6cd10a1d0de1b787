"""Independent pieces of work on the same data: one after the other here, or on the workers of a Dask cluster.

The data goes to every worker once; a piece of work is sent as its number. Results come back as they are ready. This
module must not know what the work is about, and imports Dask only when there is a cluster to ask.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

from recsys_lessons.validation import non_negative_int

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
        How often a piece of work is sent out again after the data or the result was lost with a worker; 0 for never.
        (Work that waits or runs on a worker that dies is Dask's to move.)

    Attributes
    ----------
    is_stopped : bool
    is_done : bool
        Whether nothing is left to do, because all is done or because of `stop`.

    Raises
    ------
    ValueError
        For another client, and numbers that are not whole.
    ImportError
        If there is to be a cluster, and the package `distributed` is missing.
    RuntimeError
        While it runs: if no scheduler answers, the client was closed, there is no worker, or a piece of work was lost
        with its worker too often. What a piece of work raises is raised as it is.

    Notes
    -----
    An iterator that nobody has any more is stopped, as soon as Python notices.

    Examples
    --------
    >>> def work(shared, number, is_stopped):
    ...     return shared * number
    >>> list(Jobs(work, 10, 3))
    [(0, 0), (1, 10), (2, 20)]
    """

    is_done = True  # of what its constructor refuses

    def __init__(
        self,
        work: Work,
        shared: Any,
        n_jobs: int,
        *,
        client: Any = None,
        retries: int = 3,
    ) -> None:
        n_jobs, retries = non_negative_int("n_jobs", n_jobs), non_negative_int("retries", retries)
        where = _Here if client is None else _Cluster
        # The work may call `stop` itself, in the thread that has the turn.
        self._stop, self._turn = threading.Event(), threading.RLock()
        self._place = where(work, shared, n_jobs, self._stop.is_set, checked_client(client), retries)
        self._is_begun = self.is_done = False

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
            except BaseException as error:
                try:
                    self._end()
                except Exception as another:
                    error.add_note(f"After this, the rest could not be stopped: {another!r}")
                raise
            if result is None:
                self._end()
                raise StopIteration
            return result

    def stop(self, wait: bool = True) -> None:
        """Begin nothing more, and let what runs give up. May be called from another thread, and more than once.

        With `wait` it returns once nothing is running any more, here or there. Without, another thread sees to that;
        call it again to wait. Called by the work itself it does not wait for that piece, which then gives no result.
        """
        self._stop.set()
        if wait:
            self._give_up()
        else:
            threading.Thread(target=self._give_up, daemon=True).start()

    def __del__(self) -> None:
        # What runs here runs only while somebody asks. On a cluster it goes on, and is stopped by another thread, since
        # this one may be Dask's, which must not wait.
        if not self.is_done and self._is_begun and isinstance(self._place, _Cluster) and not sys.is_finalizing():
            self.stop(wait=False)

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
        if number is None:
            return None
        outcome = self._work(self._shared, number, self._is_stopped)
        return None if self._is_stopped() else (number, outcome)

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
    from distributed.comm import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    if isinstance(client, str):
        try:
            scheme, place = parse_address(client, strict=True)
            get_backend(scheme)
            if scheme != "inproc":
                parse_host_port(place)
        except ValueError as error:
            raise ValueError(
                f"client must be an address like 'tcp://127.0.0.1:8786', got {client!r}: {error}."
            ) from None
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
            try:
                self._client = Client(self._address, set_as_default=False)
            except OSError as error:
                raise RuntimeError(f"client: no scheduler answers at {self._address}.") from error
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
        if self._client.status in ("closing", "closed"):
            raise RuntimeError("The client was closed before all work was done.")
        try:
            self._client.wait_for_workers(1, timeout=SECONDS_FOR_A_WORKER)
        except TimeoutError as error:
            raise RuntimeError(
                f"The cluster at {self._client.scheduler.address} has no worker, and none came in "
                f"{SECONDS_FOR_A_WORKER} seconds."
            ) from error
        except OSError as error:
            raise RuntimeError("The scheduler went away before all work was done.") from error
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
        self._ask_workers(_halt)

    def _ask_workers(self, function: Callable[[str], Any]) -> dict[str, Any]:
        """What `function` of this run says on each worker."""
        try:
            return self._client.run(function, self._run, on_error="ignore")
        except OSError:  # the scheduler is gone, and with it whatever could be asked
            return {}

    def end(self) -> None:
        client = self._client
        if client is not None and client.status == "running":
            self.cancel()
            while sum(self._ask_workers(_n_running).values()):
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
            if not _running[run]:
                del _running[run]


def _halt(run: str) -> None:
    # Stays: a piece of work that is on its way to this worker must find it.
    _halted.add(run)


def _n_running(run: str) -> int:
    return _running[run]
