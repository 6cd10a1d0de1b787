"""What `deploy/` and `postBuild` promise: a hub, really started; Binder and a container as far as files go."""

import ast
import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml

from recsys_lessons import cli, learner_copy
from tests.environments import ROOT
from tests.hub import LEARNERS, Learner, MissingError, hub
from tests.serving import free_port, read, serving
from tests.test_packaging import clone, run

HUB_FILES = ROOT / "deploy/jupyterhub"
STORED = "notebooks/mine.ipynb"


class TestFiles:
    """What holds without installing anything."""

    @pytest.mark.parametrize("name", ["deploy/jupyterhub/start.sh", "deploy/jupyterhub/stop.sh", "postBuild"])
    def test_scripts_are_scripts(self, name):
        checker = "bash" if name == "postBuild" else "sh"
        subprocess.run([checker, "-n", ROOT / name], check=True)

    @pytest.mark.parametrize("name", ["jupyterhub_config.py", "learner.py"])
    def test_python_files_are_python(self, name):
        ast.parse((HUB_FILES / name).read_text())

    def test_every_variable_that_the_hub_reads_is_set_by_its_start(self):
        read_by_config = set(re.findall(r'os\.environ\["(\w+)"\]', (HUB_FILES / "jupyterhub_config.py").read_text()))
        start = (HUB_FILES / "start.sh").read_text()
        assert read_by_config <= set(re.findall(r"(HUB_\w+)=", start))

    def test_binder_finds_its_files_at_the_root(self):
        # A folder of either name would be read in place of the root.
        assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()
        assert os.access(ROOT / "postBuild", os.X_OK)
        listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
        (from_pip,) = [entry["pip"] for entry in listed if isinstance(entry, dict)]
        # So repo2docker copies the course before it installs; and so it begins with the right Python.
        assert any(line.startswith("-e .") for line in from_pip)
        assert any(re.match(r"python=3\.\d+$", entry) for entry in listed if isinstance(entry, str))

    def test_the_container_copies_and_installs_what_exists(self):
        steps = container_steps()
        sources = [word for name, words in steps if name == "COPY" for word in words.split()[:-1]]
        assert all((ROOT / source).exists() for source in sources)
        (installing,) = [words for name, words in steps if name == "RUN" and "pip install" in words]
        (extra,) = re.findall(r"\.\[(\w+)\]", installing)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert extra in project["optional-dependencies"]
        # The last of them decides who runs the course, and it is not root.
        assert [words for name, words in steps if name == "USER"] == ["learner"]

    def test_the_container_serves_on_the_port_that_it_exposes(self):
        steps = dict(container_steps())
        command, *arguments = json.loads(steps["CMD"])
        options = cli._parser().parse_args(arguments)
        assert (command, options.command, options.port) == ("recsys-lessons", "lab", int(steps["EXPOSE"]))
        assert options.jupyter == ["--ServerApp.ip=0.0.0.0"]

    def test_a_copy_may_be_named_by_the_environment(self, tmp_path, monkeypatch):
        monkeypatch.setenv("RECSYS_LESSONS_COPY", str(tmp_path / "elsewhere"))
        assert learner_copy.default_copy_folder() == tmp_path / "elsewhere"


def container_steps() -> list[tuple[str, str]]:
    """The instructions of the Containerfile: name and words."""
    text = (ROOT / "deploy/Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


@pytest.mark.slow
def test_what_the_container_installs_serves_the_first_lesson(tmp_path):
    """Its steps without a container: the copied files alone, the same pip, the same commands."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    commands = tmp_path / "python/bin"
    checkout, course, home = clone(tmp_path / "checkout"), tmp_path / "course", tmp_path / "home"
    (home / "my-course").mkdir(parents=True)
    course.mkdir()
    variables = {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    for name, words in container_steps():
        if name == "COPY":
            *sources, target = words.split()
            for source in sources:
                origin = checkout / source
                if origin.is_dir():
                    shutil.copytree(origin, course / target)
                else:
                    shutil.copy2(origin, course / target)
        elif name == "RUN" and "useradd" not in words:
            run("env", *[f"{key}={value}" for key, value in variables.items()], "sh", "-c", words, cwd=course)
        elif name == "CMD":
            command, *arguments = json.loads(words)
            # Here the address is this computer's own, and the port one that is free.
            arguments[arguments.index("--port") + 1] = str(free_port())
            arguments = [word.replace("0.0.0.0", "127.0.0.1") for word in arguments]
            with serving(
                [commands / command, *arguments], tmp_path / "lab.log", home, variables={**os.environ, **variables}
            ) as address:
                assert "JupyterLab" in read(address)
    assert (home / "my-course" / learner_copy.FIRST_LESSON).is_file()


@pytest.mark.slow
def test_what_binder_runs_prepares_the_environment(tmp_path):
    """`postBuild` in a clone whose environment is installed, as repo2docker runs it."""
    checkout = clone(tmp_path / "checkout")
    venv.create(tmp_path / "python")
    (libraries,) = (tmp_path / "python").glob("lib/python*/site-packages")
    parents = [str(checkout), *(place for place in sys.path if place.endswith("site-packages"))]
    (libraries / "parent.pth").write_text("\n".join(parents) + "\n")
    path = f"{tmp_path / 'python/bin'}{os.pathsep}{os.environ['PATH']}"
    assert "kernels: " in run("env", f"PATH={path}", f"HOME={tmp_path}", checkout / "postBuild", cwd=checkout)
    lesson = json.loads((checkout / "my-course" / learner_copy.FIRST_LESSON).read_text())
    assert all(not cell["outputs"] for cell in lesson["cells"] if cell["cell_type"] == "code")
    ours, shared = ROOT / "recsys_lessons/jupyter", tmp_path / "python/share/jupyter"
    overrides = shared / "lab/settings/overrides.json"
    assert overrides.read_bytes() == (ours / "labconfig/default_setting_overrides.json").read_bytes()
    for extension in (ours / "labextensions").iterdir():
        assert (shared / "labextensions" / extension.name / "package.json").is_file()


@pytest.fixture(scope="module")
def names():
    return [f"rl-{name}-{os.getpid()}" for name in ("ann", "ben", "zoe")]


@pytest.fixture(scope="module")
def classroom(names):
    running = hub(names)
    try:
        started = running.__enter__()
    except MissingError as missing:
        pytest.skip(str(missing))
    # An account of this machine that is not in the class.
    subprocess.run(["gpasswd", "--delete", names[2], LEARNERS], check=True, capture_output=True)
    try:
        yield started
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="module")
def learners(classroom, names):
    pair = [Learner(classroom.address, name) for name in names[:2]]
    for learner in pair:
        assert learner.log_in(classroom.passwords[learner.name]), classroom.log()[-2000:]
        learner.start_server()
    return pair


@pytest.mark.slow
class TestHub:
    """One hub for all of these; the tests go on from what the ones before have left."""

    def test_a_wrong_password_is_refused(self, classroom, names):
        assert not Learner(classroom.address, names[0]).log_in("not-" + classroom.passwords[names[0]])

    def test_an_account_outside_of_the_class_is_refused(self, classroom, names):
        assert not Learner(classroom.address, names[2]).log_in(classroom.passwords[names[2]])

    def test_a_stranger_is_sent_to_the_login(self, classroom, learners):
        stranger = Learner(classroom.address, learners[0].name)
        assert stranger.ask(f"/user/{learners[0].name}/api/contents").status_code == 403
        assert "/hub/login" in stranger.browser.get(f"{classroom.address}/hub/home", timeout=60).url

    def test_the_first_lesson_opens_without_outputs(self, learners):
        ann, _ = learners
        sent_to = ann.ask(f"/user/{ann.name}/").headers["Location"]
        assert sent_to.split("?")[0] == f"/user/{ann.name}/lab/tree/{learner_copy.FIRST_LESSON}"
        assert "JupyterLab" in ann.ask(sent_to).text
        lesson = ann.api(f"contents/{learner_copy.FIRST_LESSON}").json()["content"]
        assert all(not cell["outputs"] for cell in lesson["cells"] if cell["cell_type"] == "code")

    def test_lessons_find_the_kernels_compiled(self, classroom, learners):
        with learners[0].kernel(learner_copy.FIRST_LESSON) as kernel:
            kernel.run("from recsys_lessons.models.warm_up import warm_up; warm_up()")
            kernel.run("from recsys_lessons.kernels.compiling import cache_folder")
            own = kernel.printed("print(*sorted(p.name for p in cache_folder().rglob('*.nb?')))").split()
        shared = sorted(path.name for path in (classroom.folder / "state/kernels").rglob("*.nb?"))
        assert own == shared != []

    def test_the_command_line_knows_the_copy(self, learners):
        ann, _ = learners
        with ann.kernel(learner_copy.FIRST_LESSON) as kernel:
            words = f"!cd .. && {{sys.executable}} -m recsys_lessons.cli reset {learner_copy.FIRST_LESSON}"
            assert "as published" in kernel.printed(f"import sys\n{words}")

    def test_a_learner_cannot_read_files_of_another(self, classroom, learners):
        ann, ben = learners
        home = classroom.folder / "home" / ben.name
        private = [home / "my-course", home / ".cache", classroom.folder / "state/private"]
        private.append(classroom.folder / "state/run" / str(pwd.getpwnam(ben.name).pw_uid))
        assert home.stat().st_mode & 0o005 == 0o005 and all(folder.is_dir() for folder in private)
        with ann.kernel(learner_copy.FIRST_LESSON) as kernel:
            for folder in private:
                refused = (
                    f"import os\ntry: print(os.listdir({str(folder)!r}))\nexcept PermissionError: print('refused')"
                )
                assert kernel.printed(refused) == "refused\n"
            assert kernel.printed(f"!cat {shlex.quote(str(home / 'my-course' / learner_copy.FIRST_LESSON))}").endswith(
                "Permission denied\r\n"
            )
        assert ann.api(f"contents/../../{ben.name}/my-course").status_code == 404

    def test_a_learner_cannot_use_the_server_of_another(self, classroom, learners):
        ann, ben = learners
        assert ben.api("contents").ok
        assert ann.ask(f"/user/{ben.name}/api/contents").status_code == 403
        assert ann.ask(f"/user/{ben.name}/api/kernels", "POST", json={"name": "python3"}).status_code == 403
        assert ann.browser.get(f"{classroom.address}/user/{ben.name}/lab", timeout=60).status_code == 403
        assert ann.ask(f"/hub/api/users/{ben.name}").status_code == 404
        assert ann.ask(f"/hub/api/users/{ben.name}/server", "DELETE").status_code == 404
        # Nor past the proxy, from inside of the machine.
        with ben.kernel(learner_copy.FIRST_LESSON) as kernel:
            there = kernel.printed("import os; print(os.environ['JUPYTERHUB_SERVICE_URL'])").strip()
        with ann.kernel(learner_copy.FIRST_LESSON) as kernel:
            asked = f"requests.get('{there}api/contents', headers={{'Authorization': 'token ' + token}}).status_code"
            code = f"import os, requests; token = os.environ['JUPYTERHUB_API_TOKEN']\nprint({asked})"
            assert kernel.printed(code) == "403\n"

    def test_kernels_cannot_be_listened_to(self, learners):
        with learners[0].kernel(learner_copy.FIRST_LESSON) as kernel:
            code = "import ipykernel, json; print(json.loads(ipykernel.get_connection_info())['transport'])"
            assert kernel.printed(code) == "ipc\n"

    def test_a_greedy_cell_fails_and_the_kernel_lives(self, learners):
        if Path("/run/systemd/system").is_dir():
            pytest.skip("systemd keeps the limit, and ends the process that is over it")
        with learners[0].kernel(learner_copy.FIRST_LESSON) as kernel:
            greedy = "try: bytearray(3 * 2**30)\nexcept MemoryError: print('too much')"
            assert kernel.printed(greedy) == "too much\n"

    def test_idle_servers_can_be_found_by_who_stops_them(self, classroom):
        asked = re.findall(r"(\d+) \w+ \S+ \(idle-culler@", classroom.log())
        assert asked and set(asked) == {"200"}

    def test_a_restart_of_the_hub_keeps_servers_variables_and_work(self, classroom, learners, names):
        ann, ben = learners
        cells = [{"cell_type": "code", "source": "1 + 1", "metadata": {}, "outputs": [], "execution_count": None}]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        saved = ann.api(f"contents/{STORED}", "PUT", json={"type": "notebook", "content": notebook})
        assert saved.status_code == 201
        with ann.kernel(STORED) as kernel:
            kernel.run("import os; found = 42")
            server = kernel.printed("print(os.getppid())")
            classroom.end_hub()
            # A page that is open goes on while there is no hub.
            assert kernel.printed("print(found)") == "42\n"
            number = kernel.id
        classroom.start()
        with ann.connected(number) as kernel:
            assert kernel.printed("print(found, os.getppid())") == f"42 {server}"
        assert ann.api(f"contents/{STORED}").json()["content"]["cells"][0]["source"] == "1 + 1"
        assert ann.ask(f"/hub/api/users/{ann.name}").json()["servers"][""]["ready"]
        assert ann.ask(f"/user/{ben.name}/api/contents").status_code == 403
        # And somebody may come later.
        assert Learner(classroom.address, names[1]).log_in(classroom.passwords[names[1]])

    def test_every_setting_is_one_that_there_is_with_systemd_and_without(self, classroom):
        """A misspelled setting is ignored by JupyterHub; and the other branch of the file is read here only."""
        code = f"""
from pathlib import Path
from unittest.mock import patch
from traitlets.config import PyFileConfigLoader
import jupyterhub.app, jupyterhub.auth, jupyterhub.proxy, jupyterhub.spawner, systemdspawner
known = {{kind.__name__: set(kind.class_trait_names(config=True)) for kind in (
    jupyterhub.app.JupyterHub, jupyterhub.auth.PAMAuthenticator, jupyterhub.proxy.ConfigurableHTTPProxy,
    jupyterhub.spawner.Spawner, systemdspawner.SystemdSpawner)}}
for systemd in (True, False):
    with patch.object(Path, "is_dir", lambda self: systemd):
        config = PyFileConfigLoader({str(HUB_FILES / "jupyterhub_config.py")!r}).load_config()
    unknown = {{(kind, name) for kind, names in config.items() for name in set(names) - known[kind]}}
    print(systemd, getattr(config.JupyterHub.spawner_class, "__name__", config.JupyterHub.spawner_class), unknown)
"""
        printed = classroom.python(code)
        assert printed == "True systemdspawner.SystemdSpawner set()\nFalse ConfinedProcessSpawner set()\n"
