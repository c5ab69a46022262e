"""
Fleets in files of their own: compact, checked when loaded, and bound to their scheme.

The bytes are described in ``csrc/mdm.h``. Source: ours.
"""

import json

from simulator.compat.scheme import Scheme
from simulator.errors import InputError, Mistake
from simulator.fleet._matcher import saved_label
from simulator.fleet.words import DataFault, OtherSchemeFault

__all__ = ["SAVED_MAGIC", "label_of", "refusal"]

SAVED_MAGIC = b"\x89mdevf\r\n"
"""How a saved fleet begins; no text does."""


def label_of(scheme: Scheme) -> bytes:
    """Return what the core does not know of a scheme: its name, and the objects it derives."""
    accepts = json.dumps([dict(one) for one in scheme.accepts], ensure_ascii=False)
    return f"{scheme.name}\n{accepts}".encode()


def refusal(
    file: str, data: bytes, scheme: Scheme, fault: DataFault | OtherSchemeFault | OverflowError
) -> InputError:
    """
    Say why a saved fleet is not loaded.

    Args:
        file: The name of the file, for the message.
        data: Its bytes.
        scheme: Under which it was to be loaded.
        fault: What the core said.
    """
    match fault:
        case DataFault(what=what, offset=offset):
            return InputError([Mistake(file, 0, 0, 1, f"byte {offset}: {what}")])
        case OverflowError():
            return InputError([Mistake(file, 0, 0, 1, "more devices than 32 bits count")])
    name = saved_label(data).decode("utf-8", "replace").partition("\n")[0]
    message = f"a fleet that was saved under the scheme {name}"
    message += " as it was then" * (name == scheme.name)
    return InputError([Mistake(file, 0, 0, 1, message, f"one under {scheme.name}")])
