"""
Arrow data into fleets, from any library that speaks the PyCapsule interface.

Source: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html.
"""

from collections.abc import Callable

from simulator.errors import InputError, Mistake
from simulator.fleet._matcher import CoreReader
from simulator.fleet.words import DataFault

__all__ = ["read_arrow"]


def read_arrow(
    reader: CoreReader, data: object, name: str, progress: Callable[[int], None] | None = None
) -> None:
    """
    Read Arrow data into *reader*.

    Args:
        reader: What takes the rows.
        data: A table, a batch or a stream of them.
        name: What messages call the data.
        progress: Called with the rows read so far.

    Raises:
        InputError: A column or a value is wrong; which, and in which row.
        TypeError: These are no Arrow data.
    """
    try:
        for done in reader.take(data):
            if progress is not None:
                progress(done)
    except DataFault as fault:
        where = f"row {fault.offset}: "
        where += f"{fault.detail}: " if fault.detail else ""
        raise InputError([Mistake(name, 0, 0, 1, f"{where}{fault.what}")]) from None
    except OverflowError:
        message = "more devices or values than 32 bits count"
        raise InputError([Mistake(name, 0, 0, 1, message)]) from None
