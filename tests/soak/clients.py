"""
Clients of a simulated machine, to be started inside ``mdevsim run``.

Threads create and remove mdevs and read everything, mdevctl lists, faults strike, guests hold
devices open, a parent goes and comes. At the end of every round all stand still, and what has to
be conserved is looked at: the devices by every way that shows them, the uevents, and once all are
removed, what is available. What was found is printed as JSON.
"""

import argparse
import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from soak.memory import LEFT, NAMED, resident, slope

PARENTS = Path("/sys/class/mdev_bus")
MDEVS = Path("/sys/bus/mdev/devices")
CLIENTS = 4
SECONDS = 1.5
"""How long a round lasts."""
LEGAL = {
    "create": {errno.ENOSPC, errno.EIO, errno.ENODEV, errno.ENOENT, errno.EAGAIN},
    "remove": {errno.ENODEV, errno.ENOENT, errno.EAGAIN, errno.EBUSY, errno.EIO},
    "read": {errno.ENODEV, errno.ENOENT, errno.EIO},
}
"""What may be answered to whom, beside success: the fault that is armed is EIO."""
FAULTS = (
    "fail create 20% EIO",
    "delay probe 10% 0.01",
    "early add",
    "fail store 10% EIO",
    "fail create 1 EIO",
)


class Machine:
    """
    The control directory, the files, and the uevents so far.

    Attributes:
        done, wrong: As of `soak.fleet.FleetSoak`.
    """

    def __init__(self) -> None:
        self._control = Path(os.environ["MDEVSIM_CONTROL"])
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((0, -1))
        self._socket.setblocking(False)
        self.parents = sorted(path.name for path in PARENTS.iterdir())
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.present: Counter[str] = Counter()

    def tell(self, file: str, text: str) -> None:
        """Write a command; refusals are no matter here."""
        with suppress(OSError):
            (self._control / file).write_text(text)
            self.done[f"control: {file}"] += 1

    def listed(self) -> list[str]:
        """Return the UUIDs that the control directory knows."""
        lines = (self._control / "mdevs").read_text("ascii").splitlines()
        return sorted(line.split()[0] for line in lines)

    def attempt(self, what: str, path: Path, text: str | None = None) -> str | None:
        """Read or write a file; an errno that nobody armed and no race explains is wrong."""
        try:
            if text is None:
                found = path.read_text("utf-8")
            else:
                found = text
                _write(path, text)
        except OSError as error:
            self.done[f"{what}: {errno.errorcode[error.errno or 0]}"] += 1
            if error.errno not in LEGAL[what]:
                self.wrong.append(f"{what} {path}: {error.strerror}")
            return None
        self.done[what] += 1
        return found

    def hear(self) -> None:
        """Count the uevents that have come: one more device for an add, one less for a remove."""
        with suppress(BlockingIOError):
            while True:
                action, _, path = self._socket.recv(1 << 16).split(b"\0")[0].partition(b"@")
                name = path.decode().rpartition("/")[2]
                self.done["uevents"] += 1
                if action in (b"add", b"remove") and _is_uuid(name):
                    self.present[name] += 1 if action == b"add" else -1

    def available(self) -> dict[str, str]:
        """Return what every type says is available."""
        return {
            str(path): path.read_text()
            for path in sorted(PARENTS.glob("*/mdev_supported_types/*/available_instances"))
        }


def _write(path: Path, text: str) -> None:
    """Write to a file that is there; one that has gone must not be asked to be made."""
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _is_uuid(name: str) -> bool:
    with suppress(ValueError):
        return str(uuid.UUID(name)) == name
    return False


class Client:
    """One that creates, reads and removes devices of its own."""

    def __init__(self, machine: Machine, number: int, seed: int) -> None:
        self._machine, self._random = machine, Random(f"{seed} {number}")
        self._mine: list[str] = []

    def step(self) -> None:
        """Do one thing."""
        self._random.choice([self._create, self._create, self._remove, self._look])()

    def forget(self) -> None:
        """Begin anew, all devices being removed."""
        self._mine.clear()

    def _create(self) -> None:
        types = [
            path
            for parent in self._machine.parents
            for path in sorted(PARENTS.joinpath(parent, "mdev_supported_types").glob("*"))
        ]
        if not types:
            return
        new = str(uuid.UUID(int=self._random.getrandbits(128)))
        if self._machine.attempt("create", self._random.choice(types) / "create", new):
            self._mine.append(new)

    def _remove(self) -> None:
        if self._mine:
            gone = self._mine.pop(self._random.randrange(len(self._mine)))
            self._machine.attempt("remove", MDEVS / gone / "remove", "1")

    def _look(self) -> None:
        files = [*PARENTS.glob("*/mdev_supported_types/*/*"), *MDEVS.glob("*/*")]
        for path in self._random.sample(files, min(10, len(files))):
            if path.stat().st_mode & 0o444 and path.is_file():
                self._machine.attempt("read", path)


class Soak:
    """Rounds of all of them."""

    def __init__(self, seed: int, server: int, *, forget: bool) -> None:
        self._machine = Machine()
        self._random = Random(seed)
        self._clients = [Client(self._machine, number, seed) for number in range(CLIENTS)]
        self._at_rest = self._machine.available()
        self._server, self._forget = server, forget
        self.sizes: list[int] = []
        self.work: list[int] = []

    def round(self, seconds: float) -> None:
        """Let all of them work, stop them, and look."""
        over = threading.Event()
        workers = [threading.Thread(target=self._work, args=(one, over)) for one in self._clients]
        workers.append(threading.Thread(target=self._mdevctl, args=(over,)))
        for worker in workers:
            worker.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._disturb()
            self._machine.hear()
            time.sleep(0.02)
        over.set()
        self._calm()
        for worker in workers:
            worker.join()
        self._look(is_empty=False)
        self._empty()
        self._look(is_empty=True)
        if self._forget:
            # libfuse keeps what it knows of a name for as long as the kernel does.
            Path("/proc/sys/vm/drop_caches").write_text("2", "ascii")
        self.sizes.append(resident(self._server))
        self.work.append(self._machine.done["create"])

    def _work(self, client: Client, over: threading.Event) -> None:
        while not over.is_set():
            try:
                client.step()
            except FileNotFoundError:
                self._machine.done["gone while listed"] += 1

    def _mdevctl(self, over: threading.Event) -> None:
        while not over.wait(0.2):
            for words in (("mdevctl", "types"), ("mdevctl", "list")):
                ended = subprocess.run(words, capture_output=True, timeout=30, check=False)
                self._machine.done[f"{' '.join(words)}: {ended.returncode}"] += 1

    def _disturb(self) -> None:
        """Arm a fault, hold a device open or let it go, or take a parent away and bring it back."""
        machine, random = self._machine, self._random
        what = random.randrange(20)
        if what < 3:
            machine.tell("faults", random.choice(FAULTS))
        elif what == 3:
            machine.tell("faults", "clear")
        elif what < 8 and (there := machine.listed()):
            one = random.choice(there)
            machine.tell("open", one)
            machine.tell("close", one)
        elif what == 8:
            parent = random.choice(machine.parents)
            machine.tell("unregister", parent)
            machine.tell("register", parent)

    def _calm(self) -> None:
        self._machine.tell("faults", "clear")
        for parent in self._machine.parents:
            self._machine.tell("register", parent)

    def _look(self, *, is_empty: bool) -> None:
        """Hold against each other the ways to see which devices there are."""
        machine = self._machine
        machine.hear()
        devices = sorted(path.name for path in MDEVS.iterdir())
        by_type = PARENTS.glob("*/mdev_supported_types/*/devices/*")
        seen = {
            "the bus": devices,
            "the types": sorted(path.name for path in by_type),
            "the control directory": machine.listed(),
            "the uevents": sorted((+machine.present).elements()),
        }
        if any(count < 0 for count in machine.present.values()):
            machine.wrong.append("a device was removed more often than added")
        for who, what in seen.items():
            if what != devices:
                machine.wrong.append(f"{who}: {len(what)} devices, not {len(devices)}")
        if is_empty and (devices or machine.available() != self._at_rest):
            machine.wrong.append("with all devices removed not all is available")
        machine.present = +machine.present
        machine.done["looked"] += 1

    def _empty(self) -> None:
        for path in sorted(MDEVS.iterdir()):
            self._machine.attempt("remove", path / "remove", "1")
        for client in self._clients:
            client.forget()

    def report(self) -> dict[str, object]:
        """Say what was done and found, in the words of `soak.run.Soaked`."""
        wrong = list(self._machine.wrong)
        grown = slope(self.work, self.sizes, LEFT if self._forget else NAMED)
        if not grown.is_flat:
            wrong.append(f"the server grows by creations: {grown}")
        done = dict(sorted(self._machine.done.items()))
        sizes = {"work": self.work, "memory": self.sizes}
        return {"rounds": len(self.sizes), "done": done, "wrong": wrong, **sizes}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--forget", action="store_true")
    given = parser.parse_args()
    soak = Soak(given.seed, os.getppid(), forget=given.forget)
    end = time.monotonic() + given.seconds
    while not soak.sizes or time.monotonic() < end:
        soak.round(min(SECONDS, given.seconds))
    sys.stdout.write(json.dumps(soak.report()))


if __name__ == "__main__":
    main()
