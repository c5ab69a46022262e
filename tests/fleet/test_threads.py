"""Threads on one fleet: those who ask work beside one who changes it."""

import threading

from simulator.compat.schemes import load_builtin
from simulator.fleet.fleet import Fleet

LINES = [b'{"self":{"software_version":"1.1"}}', b'{"self":{"software_version":"2.1"}}']
DEVICES = 1000
CHANGES = 60


def asked(fleet, source):
    """Ask until the fleet holds still between the questions."""
    match = fleet.match(source)
    while True:
        try:
            return match.rows().tolist(), match.count
        except RuntimeError:
            match.again()


def test_threads_ask_while_another_changes_the_fleet():
    """Half of the devices are of each version after every change, and so in every answer."""
    fleet = Fleet(load_builtin("software-version"))
    fleet.extend("f", [b"\n".join(LINES * (DEVICES // 2))])
    found, is_done = [], threading.Event()

    def read():
        while not is_done.is_set():
            rows, count = asked(fleet, LINES[0])
            found.append((len(rows), count, rows == list(range(rows[0], DEVICES, 2))))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for change in range(CHANGES):
            swapped = LINES if change % 2 else LINES[::-1]
            fleet.replace_lines(range(DEVICES), b"\n".join(swapped * (DEVICES // 2)))
    finally:
        is_done.set()
        for reader in readers:
            reader.join()
    assert set(found) == {(DEVICES // 2, DEVICES // 2, True)}
