"""The devices of a fleet, one by one or all: added, changed, looked at, saved. Source: ours."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, Self

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Scheme
from simulator.documents import decode
from simulator.fleet.core_scheme import core_of
from simulator.fleet.saved import label_of, refusal
from simulator.fleet.words import NO_CLASS, DataFault, OtherSchemeFault, Size

__all__ = ["Devices"]


class Devices:
    """
    Descriptions by row, held in the C core.

    A row is the stable index of a device: nothing that happens to others changes it.

    Args:
        scheme: The scheme that the devices publish.
        keep_names: Keep the devices' names; without them a fleet is smaller.
    """

    def __init__(self, scheme: Scheme, *, keep_names: bool = True) -> None:
        self.scheme = scheme
        self._keep_names = keep_names
        self._core = core_of(scheme, keep_names)

    def __len__(self) -> int:
        return self._core.device_count()

    def __getitem__(self, row: int) -> Description:
        """
        Return the description of a row.

        Raises:
            IndexError: No device has this row.
        """
        return self.parse(self._core.description(row).decode())

    @property
    def size(self) -> Size:
        """How many rows, devices and classes there are, and how many bytes they take."""
        return self._core.size()

    def parse(self, line: str) -> Description:
        """
        Read a line of NDJSON under the fleet's scheme.

        Raises:
            InputError: With all mistakes of the line.
        """
        return parse_line(line, self.scheme)

    def line(self, row: int) -> bytes:
        """
        Return the line of NDJSON of a row, without its end.

        Raises:
            IndexError: No device has this row.
        """
        return self._core.description(row)

    def name(self, row: int) -> str:
        """
        Return the name of a device; empty when it has none.

        Raises:
            IndexError: No device has this row.
        """
        return self._core.name(row)

    def class_of_rows(self) -> memoryview:
        """Return for each row the number of its class, format ``"I"``; the last for no device."""
        return self._core.classes()

    def classes(self) -> list[tuple[int, int]]:
        """Return the first row and the number of devices of each class, by first row."""
        classes = self._core.classes()
        # Backwards, so that the first row stays; then the rows of a class in their order.
        first = dict(zip(classes[::-1], range(len(classes) - 1, -1, -1), strict=True))
        devices = Counter(classes)
        rows = sorted((row, one) for one, row in first.items() if one != NO_CLASS)
        return [(row, devices[one]) for row, one in rows]

    def distinct_values(self) -> dict[str, int]:
        """Count the different spellings of each attribute, in use now or before."""
        return {
            name: self._core.code_count(index) - 1
            for index, name in enumerate(self.scheme.attributes)
        }

    def lines(self) -> Iterator[bytes]:
        """Write the fleet as NDJSON, row by row; empty rows are left out."""
        for row in range(self._core.row_count()):
            try:
                yield self._core.description(row) + b"\n"
            except IndexError:
                continue

    def saved(self) -> Iterator[bytes]:
        """
        Write the fleet in the form that `load` reads, in pieces.

        Raises:
            RuntimeError: The fleet has changed since the piece before.
        """
        return self._core.saved(label_of(self.scheme))

    def save(self, file: BinaryIO) -> None:
        """Write the fleet to a file in the form that `load` reads."""
        file.writelines(self.saved())

    @classmethod
    def load(
        cls,
        file: BinaryIO | bytes,
        scheme: Scheme,
        *,
        keep_names: bool = True,
        name: str = "saved fleet",
    ) -> Self:
        """
        Load a saved fleet: the same rows, names and answers, and the same rows given next.

        Args:
            file: What `save` has written.
            scheme: The scheme under which it was saved.
            keep_names: Keep the devices' names.
            name: The name of the file, for messages.

        Raises:
            InputError: The bytes are damaged, and where; or the scheme is another one.
        """
        fleet = cls(scheme, keep_names=keep_names)
        fleet.restore(name, file if isinstance(file, bytes) else file.read())
        return fleet

    def restore(self, file: str, data: bytes) -> None:
        """
        Hold what a saved fleet holds, in place of everything that was here.

        Args:
            file: The name of the file, for messages.
            data: What `save` has written.

        Raises:
            InputError: As `load`. The fleet is as it was.
        """
        saved = (label_of(self.scheme), data)
        try:
            self._core = core_of(self.scheme, self._keep_names, saved)
        except (DataFault, OtherSchemeFault, OverflowError) as fault:
            raise refusal(file, data, self.scheme, fault) from None

    def add(self, description: Description) -> int:
        """Add a device and return its row; the row of one that was removed may be used again."""
        return self._core.add(self._line(description))

    def replace(self, row: int, description: Description) -> None:
        """
        Give a device a new description.

        Raises:
            IndexError: No device has this row.
        """
        self._core.replace(row, self._line(description))

    def remove(self, row: int) -> None:
        """
        Take a device away.

        Raises:
            IndexError: No device has this row.
        """
        self._core.remove(row)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """
        Give the devices to a library of Arrow, such as ``polars.DataFrame(fleet)``.

        One row a device, in the order of rows: ``row``, ``name``, the attributes, ``compatible``;
        what `extend_arrow` reads. Integers are numbers, all else dictionaries of texts.

        Args:
            requested_schema: Not heeded, as the interface allows.

        Returns:
            A PyCapsule. Its stream fails after a change of the fleet.
        """
        del requested_schema
        return self._core.arrow_stream()

    @property
    def layout(self) -> str:
        """
        How the devices are kept.

        ``classes``: equal descriptions once. ``flat``: each device by itself, where nearly all
        differ. The data decide, unless `lay_out` did; answers are the same.
        """
        return self._core.layout

    def lay_out(self, layout: str) -> None:
        """
        Keep the devices in one way, for tests and benchmarks.

        Args:
            layout: ``classes``, ``flat``, or ``auto`` to let the data decide from now on.
        """
        self._core.lay_out(layout)

    @property
    def path(self) -> str:
        """
        Which instructions scan the fleet: the best that the processor has.

        For tests, the environment variable ``MDM_PATH`` names another when a fleet is made.
        """
        return self._core.path

    def _line(self, description: Description | bytes) -> bytes:
        if isinstance(description, bytes):
            if not self.scheme.accepts:
                return description
            description = self.parse(decode("source", description))
        return complete(self.scheme, description).to_line().encode()
