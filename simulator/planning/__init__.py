"""
Plans for a fleet: who can come back from where, how a host is emptied, what makes a cluster one.

    >>> from simulator.compat.schemes import load_builtin
    >>> from simulator.fleet.fleet import Fleet
    >>> from simulator.planning.islands import fleet_islands
    >>> fleet = Fleet(load_builtin("qat-stream"))
    >>> for number in (3, 3, 5):
    ...     line = f'{{"self":{{"magic":"0xADF5CAEA","version":{number}}}}}'
    ...     _ = fleet.add(fleet.parse(line))
    >>> [(one.devices, one.is_complete) for one in fleet_islands(fleet).islands]
    [(2, True), (1, True)]
"""
