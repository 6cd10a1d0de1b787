"""What `deploy/` and `postBuild` promise: a hub, really started; Binder and a container as far as files go."""

import ast
import importlib.util
import json
import os
import pwd
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
import tomllib
import venv
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from recsys_lessons import cli, learner_copy
from tests.environments import ROOT
from tests.hub import (
    MEMBER,
    PRIMARY_MEMBER,
    PROXY,
    START,
    STOP,
    STRANGER,
    TEACHER,
    Learner,
    MissingError,
    hub,
    wait_until_nothing_runs_as,
)
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
        config, start = (HUB_FILES / "jupyterhub_config.py").read_text(), START.read_text()
        needed, optional = (set(re.findall(form, config)) for form in (r'environ\["(\w+)"\]', r'environ\.get\("(\w+)"'))
        assert needed and needed <= set(re.findall(r"(HUB_\w+)=", start))
        # What may be set is told of.
        told = "\n".join(line for line in start.splitlines() if line.startswith("#"))
        assert optional and optional <= set(re.findall(r"HUB_\w+", told))

    def test_a_certificate_needs_its_key(self, tmp_path):
        file = tmp_path / "file.pem"
        file.touch()
        variables = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
        for given, missing in (("HUB_CERTIFICATE", "HUB_KEY"), ("HUB_KEY", "HUB_CERTIFICATE")):
            state = {"HUB_STATE": str(tmp_path / "state"), given: str(file)}
            started = subprocess.run(["sh", START], env=variables | state, capture_output=True, text=True, timeout=20)
            assert started.returncode == 1 and f"{given} goes with {missing}" in started.stderr
        assert not (tmp_path / "state").exists()

    @pytest.mark.skipif(shutil.which("pkill") is None, reason="there is no pkill")
    @pytest.mark.parametrize(
        ("name", "command"),
        [
            ("hub", "python -m jupyterhub --config deploy/jupyterhub/jupyterhub_config.py"),
            ("proxy", "node state/proxy/node_modules/.bin/configurable-http-proxy"),
        ],
    )
    def test_the_end_of_a_class_spares_who_has_its_number_by_now(self, name, command, tmp_path):
        private = tmp_path / "private"
        private.mkdir()
        for looks, ended in ((command, True), ("sleep", False)):
            process = subprocess.Popen(["bash", "-c", f"exec -a {shlex.quote(looks)} sleep 60"])
            try:
                while looks not in Path(f"/proc/{process.pid}/cmdline").read_text().split("\0"):
                    time.sleep(0.01)
                (private / f"{name}.pid").write_text(f"{process.pid}\n")
                variables = os.environ | {"HUB_STATE": str(tmp_path)}
                told = subprocess.run(["sh", STOP], env=variables, capture_output=True, text=True, check=True).stdout
                assert told == (f"ended: the {name}\n" if ended else "")
                if ended:
                    assert process.wait(timeout=20) != 0
                assert (process.poll() is not None) == ended
                assert not list(private.iterdir())
            finally:
                process.kill()
                process.wait()

    def test_a_learner_takes_the_kernels_and_leaves_old_ones(self, kernels, learner_script):
        shared, own = kernels
        learner_script.take_kernels(shared)
        assert sorted(path.name for path in own.rglob("*")) == ["f.nbi", "kernels-new"]
        learner_script.take_kernels(shared / "without any")
        assert (own / "kernels-new/f.nbi").is_file()

    def test_a_learner_without_room_for_kernels_works_without(self, kernels, learner_script, monkeypatch, capsys):
        shared, own = kernels
        copytree = shutil.copytree

        def no_room(source, target):
            target.joinpath("half").mkdir(parents=True)
            raise OSError(28, "No space left on device")

        def overtaken(source, target):
            copytree(source, own / "kernels-new")
            copytree(source, target)

        monkeypatch.setattr(shutil, "copytree", no_room)
        learner_script.take_kernels(shared)
        assert "No space left on device" in capsys.readouterr().err
        assert list(own.iterdir()) == []
        monkeypatch.setattr(shutil, "copytree", overtaken)
        learner_script.take_kernels(shared)
        assert sorted(path.name for path in own.rglob("*")) == ["f.nbi", "kernels-new"]

    @pytest.fixture
    def learner_script(self):
        """The script as a module."""
        found = importlib.util.spec_from_file_location("learner", HUB_FILES / "learner.py")
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module

    @pytest.fixture
    def kernels(self, tmp_path, monkeypatch):
        """A folder of shared kernels and a learner's own, where an old version and an interrupted copy lie."""
        shared, own = tmp_path / "shared", tmp_path / "own/recsys-lessons"
        (shared / "kernels-new").mkdir(parents=True)
        (shared / "kernels-new/f.nbi").touch()
        for old in ("kernels-old", ".kernels-new.7"):
            (own / old / "within").mkdir(parents=True)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
        return shared, own

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
    """Of two learners, one outside of the class, a teacher, and a learner whose only group is the class."""
    return [f"rl-{name}-{os.getpid()}" for name in ("ann", "ben", "zoe", "kim", "pat")]


@pytest.fixture(scope="module")
def classroom(names):
    accounts = dict(zip(names, [MEMBER, MEMBER, STRANGER, TEACHER, PRIMARY_MEMBER], strict=True))
    with ExitStack() as ending:
        try:
            started = ending.enter_context(hub(accounts))
        except MissingError as missing:
            pytest.skip(str(missing))
        yield started


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

    def test_the_numbers_that_a_power_cut_has_left_are_no_proxy(self, classroom):
        private = classroom.folder / "state/private"
        assert private.stat().st_mode & 0o777 == 0o700
        owner = Path("/proc", (private / "proxy.pid").read_text().strip()).stat().st_uid
        assert owner == pwd.getpwnam(PROXY).pw_uid

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
            make_admin(classroom, ben.name)
            # A page that is open goes on while there is no hub.
            assert kernel.printed("print(found)") == "42\n"
            number = kernel.id
        classroom.start()
        with ann.connected(number) as kernel:
            assert kernel.printed("print(found, os.getppid())") == f"42 {server}"
        assert ann.api(f"contents/{STORED}").json()["content"]["cells"][0]["source"] == "1 + 1"
        assert ann.ask(f"/hub/api/users/{ann.name}").json()["servers"][""]["ready"]
        assert ann.ask(f"/user/{ben.name}/api/contents").status_code == 403
        # An older hub made admins of teachers.
        assert not ben.ask("/hub/api/user").json()["admin"]
        assert ben.ask(f"/user/{ann.name}/api/contents").status_code == 403
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

    def test_a_teacher_sees_who_is_here_and_stops_servers(self, classroom, learners, names):
        ann, ben = learners
        kim = teacher(classroom, names)
        here = {user["name"]: user["servers"] for user in kim.ask("/hub/api/users").json()}
        assert here[ann.name][""]["ready"] and here[ben.name][""]["ready"]
        pages = [one.browser.get(f"{classroom.address}/hub/admin", timeout=60).status_code for one in (kim, ann)]
        assert pages == [200, 403]
        assert kim.ask(f"/hub/api/users/{ben.name}/server", "DELETE").status_code in (202, 204)
        wait_until_nothing_runs_as(ben.name)
        # Nor does a teacher start what a teacher has stopped.
        assert kim.ask(f"/hub/api/users/{ben.name}/server", "POST").status_code == 404

    def test_a_teacher_looks_over_no_shoulder_and_lets_nobody_in(self, classroom, learners, names):
        ann, _ = learners
        kim = teacher(classroom, names)
        home = f"/user/{ann.name}"
        assert kim.ask(f"{home}/api/contents").status_code == 403
        assert kim.ask(f"{home}/api/kernels", "POST", json={"name": "python3"}).status_code == 403
        assert kim.browser.get(f"{classroom.address}{home}/lab", timeout=60).status_code == 403
        refused = {
            f"users/{ann.name}/tokens": None,  # to act as ann
            f"users/{names[2]}": None,  # an account that is not in the class
            "users": {"usernames": ["daemon"]},
            f"users/{names[2]}/server": None,
            f"groups/{TEACHER[1]}": None,
            f"shares/{ann.name}/": {"user": kim.name},
            "shutdown": {"servers": True},
        }
        answers = {path: kim.ask(f"/hub/api/{path}", "POST", json=body).status_code for path, body in refused.items()}
        assert {path: answer for path, answer in answers.items() if answer not in (403, 404)} == {}
        assert kim.ask(f"/hub/api/users/{kim.name}", "PATCH", json={"admin": True}).status_code == 403
        assert kim.ask(f"/hub/api/users/{ann.name}", "DELETE").status_code == 403
        assert sorted(user["name"] for user in kim.ask("/hub/api/users").json()) == sorted(
            {*names} - {names[2], names[4]}
        )

    def test_the_end_of_the_class_is_everybodys(self, classroom, learners, names):
        pat = Learner(classroom.address, names[4])
        assert pat.log_in(classroom.passwords[pat.name])
        pat.start_server()
        classroom.stop()
        for name in (learners[0].name, pat.name, PROXY):
            wait_until_nothing_runs_as(name)
        assert not list((classroom.folder / "state/private").glob("*.pid"))


def teacher(classroom, names) -> Learner:
    """The teacher, who has logged in."""
    kim = Learner(classroom.address, names[3])
    assert kim.log_in(classroom.passwords[kim.name])
    return kim


def make_admin(classroom, name: str) -> None:
    """What a hub's database says of an admin."""
    with sqlite3.connect(classroom.folder / "state/private/hub.sqlite") as database:
        database.execute("UPDATE users SET admin = 1 WHERE name = ?", (name,))
    database.close()
