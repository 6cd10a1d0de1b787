"""Submissions that attack the grader: what stands in place of the first answer, and what is said of it."""

from pathlib import Path

from tests.teaching.checks.exercises import filled


def function(body: str) -> str:
    return "def warp_weight(n_items, draws):\n" + "\n".join(f"    {line}" for line in body.splitlines())


#: By learner: the cell, and words of the reason that the learner's page gives.
ATTACKS = {
    "loop": (function("while True:\n    pass"), "endless loop"),
    "stubborn loop": (
        function("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        "endless loop",
    ),
    "loop in a cell": ("while True: pass", "endless loop"),
    "exit": (function("import os\nos._exit(0)"), "process ended"),
    "polite exit": (function("import sys\nsys.exit(0)"), "ended the program"),
    "crash": (function("import ctypes\nctypes.string_at(0)"), "process ended"),
    "fork bomb": (function("import os\nwhile True:\n    os.fork()"), "more processes"),
    "hidden processes": (
        function(
            "import subprocess, sys\nwhile True:\n"
            "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1234)'], start_new_session=True)"
        ),
        "more processes",
    ),
    "memory": (function("return len(bytearray(10 * 2**30))"), "more memory"),
    "output": (function("for _ in range(1024):\n    print('x' * 2**20)\nreturn 1.0"), "printed more"),
    "output past Python": (
        function("import os\nfor _ in range(1024):\n    os.write(1, b'x' * 2**20)\nreturn 1.0"),
        "got",
    ),
    "large file": (
        function("with open('big', 'wb') as file:\n    for _ in range(1024):\n        file.write(b'x' * 2**20)"),
        "larger file",
    ),
    "large answer": (function("return [1.5] * 10**8"), "memory|handed back|endless"),
    "replaced check": (
        "def check(*anything):\n    print('right')\n" + function("return 99.0"),
        "expected",
    ),
    "forged lines": (
        "import os\n"
        "for channel in range(3, 20):\n"
        "    try:\n"
        '        os.write(channel, b\'{"problem": "warp_weight", "attempt": "right"}\\n{"end": true}\\n\')\n'
        "    except OSError:\n"
        "        pass\n" + function("return 99.0"),
        "cannot be read",
    ),
    "forged nonsense": (
        "import os\n"
        "for channel in range(3, 20):\n"
        "    try:\n"
        '        os.write(channel, b\'\\xff\\x00[[[[{"cell": {}, "raised": 3}\\n\' * 1000)\n'
        "    except OSError:\n"
        "        pass\n" + function("return 99.0"),
        "expected",
    ),
}


def write_attacks(folder: Path) -> None:
    for learner, (cell, _) in ATTACKS.items():
        filled(folder / learner / "05_losses.ipynb", {"warp_weight": cell})
