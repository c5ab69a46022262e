"""
Fleets in Parquet and Arrow files, batch by batch; by pyarrow, which the extra ``parquet`` brings.

Source: ours.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from simulator.errors import InputError, Mistake
from simulator.fleet.fleet import Fleet

__all__ = ["ARROW_MAGIC", "PARQUET_MAGIC", "arrow_file", "extend_from_file", "parquet_file"]

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"


def _pyarrow() -> Any:  # noqa: ANN401
    try:
        import pyarrow as pa
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise ImportError("no Python module pyarrow; pip install 'mdevsim[parquet]'") from None
    return pa


def extend_from_file(
    fleet: Fleet, name: str, file: BinaryIO, progress: Callable[[int], None] | None = None
) -> range:
    """
    Add the devices of a Parquet or Arrow file to *fleet*.

    Args:
        fleet: The fleet; its columns are those of `Fleet.extend_arrow`.
        name: The name of the file, for messages.
        file: The file, which can seek.
        progress: Called with the rows read so far.

    Raises:
        InputError: The file, a column or a value is wrong. Nothing was added.
        ImportError: The extra is not installed.
    """
    pa = _pyarrow()
    is_parquet = file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    _check_end(file, name, PARQUET_MAGIC if is_parquet else ARROW_MAGIC)
    try:
        batches = _parquet_batches(pa, file) if is_parquet else _arrow_batches(pa, file)
        return fleet.extend_arrow(batches, name, progress)
    except (pa.ArrowException, OSError) as error:
        message = str(error).strip().partition("\n")[0]
        raise InputError([Mistake(name, 0, 0, 1, message)]) from None


def _check_end(file: BinaryIO, name: str, magic: bytes) -> None:
    """Look for what both kinds of files end with, as pyarrow does not say where one was cut."""
    size = file.seek(0, 2)
    file.seek(max(0, size - len(magic)))
    if file.read() != magic:
        raise InputError([Mistake(name, 0, 0, 1, f"byte {size}: the file ends too early")])
    file.seek(0)


def _parquet_batches(pa: Any, file: BinaryIO) -> object:  # noqa: ANN401
    whole = pa.parquet.ParquetFile(file)
    texts = [
        column.name
        for column in whole.schema_arrow
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ]
    # As dictionaries, in which texts are written to begin with; a name has a device of its own.
    coded = [name for name in texts if name != "name"]
    coded_file = pa.parquet.ParquetFile(file, read_dictionary=coded)
    batches = coded_file.iter_batches()
    return pa.RecordBatchReader.from_batches(coded_file.schema_arrow, batches)


def _arrow_batches(pa: Any, file: BinaryIO) -> object:  # noqa: ANN401
    whole = pa.ipc.open_file(file)
    batches = (whole.get_batch(number) for number in range(whole.num_record_batches))
    return pa.RecordBatchReader.from_batches(whole.schema, batches)


# ---- out


def parquet_file(fleet: Fleet) -> Iterator[bytes]:
    """
    Write a fleet as a Parquet file, in pieces.

    Raises:
        ImportError: The extra is not installed.
    """
    pa = _pyarrow()
    return _written(pa, fleet, pa.parquet.ParquetWriter)


def arrow_file(fleet: Fleet) -> Iterator[bytes]:
    """
    Write a fleet as an Arrow file, in pieces.

    Raises:
        ImportError: The extra is not installed.
    """
    pa = _pyarrow()
    return _written(pa, fleet, pa.ipc.new_file)


def _written(pa: Any, fleet: Fleet, new_writer: Callable[..., Any]) -> Iterator[bytes]:  # noqa: ANN401
    reader = pa.RecordBatchReader.from_stream(fleet)
    sink = _Sink()
    with new_writer(pa.PythonFile(sink, mode="w"), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield from sink.taken()
    yield from sink.taken()


class _Sink:
    """A file that keeps what is written until it is taken."""

    def __init__(self) -> None:
        self.closed = False
        self._pieces: list[bytes] = []
        self._length = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> list[bytes]:
        """Return the pieces since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces
