"""Many devices of a fleet at once: from NDJSON and from Arrow data, all or none. Source: ours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Self

from simulator.compat.scheme import Scheme
from simulator.fleet.arrow import read_arrow
from simulator.fleet.derived import with_objects
from simulator.fleet.devices import Devices
from simulator.fleet.feeder import Feeder

__all__ = ["Batches"]


class Batches(Devices):
    """Devices that come and change in batches."""

    def extend(
        self, file: str, chunks: Iterable[bytes], progress: Callable[[int], None] | None = None
    ) -> range:
        """
        Add every description of an NDJSON text.

        Args:
            file: The name of the text, for messages.
            chunks: Its bytes, in pieces of any size.
            progress: Called with the bytes read so far.

        Returns:
            The rows, which follow each other.

        Raises:
            InputError: With the mistakes of the first 20 bad lines. Nothing was added.
        """
        with self._core.reader() as reader:
            feeder = Feeder(file, self.scheme, reader)
            for chunk in with_objects(self.scheme, chunks):
                feeder.feed(chunk)
                if progress is not None:
                    progress(feeder.bytes)
            feeder.finish()
            count = reader.count
            first = reader.commit()
            return range(first, first + count)

    @classmethod
    def from_arrow(
        cls, scheme: Scheme, data: object, *, keep_names: bool = True, name: str = "Arrow data"
    ) -> Self:
        """
        Make a fleet of Arrow data.

        Args:
            scheme: The scheme that the devices publish.
            data: As for `extend_arrow`.
            keep_names: Keep the devices' names.
            name: What messages call the data.

        Raises:
            InputError: As `extend_arrow`.
        """
        fleet = cls(scheme, keep_names=keep_names)
        fleet.extend_arrow(data, name)
        return fleet

    def extend_arrow(
        self,
        data: object,
        name: str = "Arrow data",
        progress: Callable[[int], None] | None = None,
    ) -> range:
        """
        Add a device for each row of Arrow data.

        A column has the name of an attribute. Its values are integers, texts or dictionaries of
        them, or lists of texts for a set; null is absent. The column ``name`` names the devices,
        ``compatible`` is the JSON text of their lists of objects, ``row`` is passed over; but
        attributes of these names go first. Dictionaries are read fastest.

        Args:
            data: Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: a table or batch of
                pyarrow, a frame of Polars, a relation of DuckDB.
            name: What messages call the data.
            progress: Called with the rows read so far.

        Returns:
            The rows, which follow each other.

        Raises:
            InputError: A column or a value is wrong; which, and in which row. Nothing was added.
            TypeError: These are no Arrow data.
        """
        if self.scheme.accepts:
            plain = Batches(replace(self.scheme, accepts=()), keep_names=self._keep_names)
            plain.extend_arrow(data, name, progress)
            return self.extend(name, plain.lines()) if len(plain) else range(0)
        with self._core.reader() as reader:
            read_arrow(reader, data, name, progress)
            count = reader.count
            first = reader.commit()
            return range(first, first + count)

    def replace_arrow(
        self, rows: Sequence[int] | memoryview, data: object, name: str = "Arrow data"
    ) -> None:
        """
        Give many devices new descriptions and names, all or none.

        Args:
            rows: The devices; of one that comes twice the last description stays.
            data: As for `extend_arrow`, a row for each device.
            name: What messages call the data.

        Raises:
            InputError: As `extend_arrow`.
            IndexError: No device has one of the rows.
            ValueError: There are not as many descriptions as rows.
        """
        if self.scheme.accepts:
            plain = Batches.from_arrow(replace(self.scheme, accepts=()), data, name=name)
            self.replace_lines(rows, b"".join(plain.lines()))
            return
        with self._core.reader() as reader:
            read_arrow(reader, data, name)
            reader.replace(rows)

    def replace_lines(
        self, rows: Sequence[int] | memoryview, text: bytes, name: str = "descriptions"
    ) -> None:
        """
        Give many devices new descriptions and names, all or none.

        Args:
            rows: The devices; of one that comes twice the last description stays.
            text: NDJSON, a line for each device.
            name: What messages call the text.

        Raises:
            InputError: With the mistakes of the first 20 bad lines.
            IndexError: No device has one of the rows.
            ValueError: There are not as many descriptions as rows.
        """
        with self._core.reader() as reader:
            feeder = Feeder(name, self.scheme, reader)
            for chunk in with_objects(self.scheme, [text] if text else []):
                feeder.feed(chunk)
            if len(rows) or text:
                feeder.finish()
            reader.replace(rows)

    def remove_many(self, rows: Sequence[int] | memoryview) -> None:
        """
        Take many devices away, all or none.

        Args:
            rows: The devices, each once.

        Raises:
            IndexError: No device has one of the rows, or one comes twice.
        """
        self._core.remove_many(rows)
