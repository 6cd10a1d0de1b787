"""A JupyterHub for a class on one Linux machine. start.sh starts it and sets the variables HUB_*; see there.

Who may log in: system accounts, with the passwords they have (PAM), out of one group. A learner more, and a teacher:

    useradd --create-home --shell /bin/bash --groups learners ann && passwd ann
    useradd --create-home --shell /bin/bash --groups teachers kim && passwd kim

Who is a teacher is read when the hub starts: after a new one, end it with Ctrl-C and start it again; nobody notices.
A school that has a directory or a single sign-on names its authenticator here instead (ldapauthenticator,
oauthenticator); the accounts must exist on this machine all the same, since servers run as them.
"""

import grp
import os
import pwd
import resource
import sys
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner

from recsys_lessons.learner_copy import FIRST_LESSON

c = get_config()  # noqa: F821  (JupyterHub provides it)

here = Path(__file__).resolve().parent
state = Path(os.environ["HUB_STATE"])

# --- what one learner may use; benchmarks/README.md tells what a learner does use -------------------------------------

MEMORY = os.environ.get("HUB_MEMORY", "2G")
PROCESSORS = float(os.environ.get("HUB_PROCESSORS", "2"))
PROCESSES = 512  # threads count; enough for a dozen notebooks, too few for a fork bomb
IDLE = 3600  # seconds after which a server that nobody uses is stopped; files stay, variables do not

# --- who ------------------------------------------------------------------------------------------------------------

c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {os.environ["HUB_LEARNERS"], os.environ["HUB_TEACHERS"]}


def members(group: str) -> list[str]:
    """The accounts of a group, with those that name it as their primary one (a directory may not list these)."""
    found = grp.getgrnam(group)
    names = {*found.gr_mem, *(account.pw_name for account in pwd.getpwall() if account.pw_gid == found.gr_gid)}
    return sorted(name for name in names if may_log_in(name))


def may_log_in(name: str) -> bool:
    """Whether it is an account, spelled as JupyterHub spells all: a role for any other keeps the hub from starting."""
    try:
        return name == pwd.getpwnam(name).pw_name.lower()
    except KeyError:
        return False


# A teacher sees who is here and stops servers, at /hub/admin. The servers stay their owners': nobody looks over a
# shoulder. So teachers are no admins: JupyterHub's could open every server, act as its owner, and let in any account.
c.JupyterHub.load_roles = [
    {
        "name": "teacher",
        "users": members(os.environ["HUB_TEACHERS"]),
        "scopes": ["admin-ui", "list:users", "read:users:activity", "read:servers", "delete:servers"],
    },
    {"name": "admin", "users": []},  # nobody; also nobody out of an older database
]

# --- as whom, and within which limits -------------------------------------------------------------------------------


class ConfinedProcessSpawner(LocalProcessSpawner):
    """For machines without systemd, such as containers: the limits that any process can have.

    They are weaker. Memory is counted for each process (a learner's server, and each kernel), what it has allocated and
    not what it uses; processors are those the learner is pinned to, and neighbors may be pinned to the same.
    """

    def make_preexec_fn(self, name):
        become_the_learner = super().make_preexec_fn(name)
        usable = sorted(os.sched_getaffinity(0))
        n_processors = min(max(1, round(self.cpu_limit)), len(usable))
        first = self.user.id % len(usable)
        pinned = {usable[(first + i) % len(usable)] for i in range(n_processors)}

        def confine():
            resource.setrlimit(resource.RLIMIT_DATA, (self.mem_limit, self.mem_limit))
            resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
            os.sched_setaffinity(0, pinned)
            become_the_learner()

        return confine


c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = PROCESSORS
if Path("/run/systemd/system").is_dir():
    # Limits for all processes of a learner together, kept by the kernel's control groups, and a /tmp of their own.
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.disable_user_sudo = True  # an account that may use sudo elsewhere does not out of a notebook
    c.SystemdSpawner.default_shell = "/bin/bash"
    c.SystemdSpawner.unit_extra_properties = {"TasksMax": str(PROCESSES)}
else:
    c.JupyterHub.spawner_class = ConfinedProcessSpawner

# --- what ------------------------------------------------------------------------------------------------------------

c.Spawner.cmd = [sys.executable, str(here / "learner.py")]
c.Spawner.default_url = f"/lab/tree/{FIRST_LESSON}"
c.Spawner.environment = {"HUB_KERNELS": str(state / "kernels")}
c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL", "RECSYS_LESSONS_DATA"]
c.Spawner.env_keep += ["JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTERLAB_DIR"]  # where JupyterLab is somewhere else
c.Spawner.args = [
    # Kernels talk through sockets in a private folder: on a port whoever has an account here could listen in.
    "--KernelManager.transport=ipc",
    # A kernel whose page was closed half an hour ago gives its memory back.
    "--MappingKernelManager.cull_idle_timeout=1800",
]


def make_room_for_sockets(spawner):
    """That folder. The path of a socket has 107 characters at most, so it is not far down in somebody's home."""
    account = pwd.getpwnam(spawner.user.name)
    folder = state / "run" / str(account.pw_uid)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(folder, account.pw_uid, account.pw_gid)
    spawner.environment["JUPYTER_RUNTIME_DIR"] = str(folder)


c.Spawner.pre_spawn_hook = make_room_for_sockets

# A class arrives at once. On two processors a server is up after a few seconds, the last of twenty after a minute.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.JupyterHub.concurrent_spawn_limit = 4 * (os.cpu_count() or 1)

# --- idle servers are stopped ----------------------------------------------------------------------------------------

c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE}", "--cull-every=300"],
    }
]
c.JupyterHub.load_roles += [
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]

# --- a hub that is restarted leaves servers, and what runs in them, alone ---------------------------------------------

c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.should_start = False  # start.sh does
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['HUB_PROXY_API_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{state / 'private/hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "private/cookie-secret")
c.JupyterHub.pid_file = str(state / "private/hub.pid")

scheme = "https" if os.environ.get("HUB_CERTIFICATE") else "http"
c.JupyterHub.bind_url = f"{scheme}://{os.environ['HUB_IP']}:{os.environ['HUB_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_API_PORT']}"
