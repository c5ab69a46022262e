"""Arrow's C structures by hand, so that anything can be wrong with them."""

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p


class Schema(ctypes.Structure):
    """struct ArrowSchema."""


class Array(ctypes.Structure):
    """struct ArrowArray."""


class Stream(ctypes.Structure):
    """struct ArrowArrayStream."""


Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_char_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(Schema))),
    ("dictionary", POINTER(Schema)),
    ("release", CFUNCTYPE(None, POINTER(Schema))),
    ("private_data", c_void_p),
]
Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(Array))),
    ("dictionary", POINTER(Array)),
    ("release", CFUNCTYPE(None, POINTER(Array))),
    ("private_data", c_void_p),
]
Stream._fields_ = [
    ("get_schema", CFUNCTYPE(c_int, POINTER(Stream), POINTER(Schema))),
    ("get_next", CFUNCTYPE(c_int, POINTER(Stream), POINTER(Array))),
    ("get_last_error", CFUNCTYPE(c_void_p, POINTER(Stream))),
    ("release", CFUNCTYPE(None, POINTER(Stream))),
    ("private_data", c_void_p),
]

_new = ctypes.pythonapi.PyCapsule_New
_new.restype = ctypes.py_object
_new.argtypes = [c_void_p, c_char_p, c_void_p]


class Maker:
    """Makes structures, keeps their memory, and counts their releases."""

    def __init__(self):
        self.kept = []
        self.released = {"schema": 0, "array": 0, "stream": 0}

    def _released(self, kind, struct):
        def release(pointer):
            self.released[kind] += 1
            pointer.contents.release = type(pointer.contents.release)()

        struct.release = dict(type(struct)._fields_)["release"](release)
        self.kept.append((struct, struct.release))
        return struct

    def _pointers(self, kind, structs):
        pointers = (POINTER(kind) * len(structs))(*map(ctypes.pointer, structs))
        self.kept.append((pointers, structs))
        return pointers

    def schema(self, form, name="", children=(), dictionary=None):
        """A schema of a format."""
        made = Schema(format=form.encode(), name=name.encode(), n_children=len(children))
        if children:
            made.children = self._pointers(Schema, children)
        if dictionary is not None:
            made.dictionary = ctypes.pointer(dictionary)
        return self._released("schema", made)

    def array(self, length, buffers, children=(), dictionary=None, **more):
        """An array with buffers of bytes; None is NULL."""
        made = Array(length=length, n_buffers=len(buffers), n_children=len(children))
        held = [
            None if one is None else ctypes.create_string_buffer(one, len(one) + 8)
            for one in buffers
        ]
        made.buffers = (c_void_p * max(1, len(held)))(
            *(None if one is None else ctypes.addressof(one) for one in held)
        )
        self.kept.append(held)
        if children:
            made.children = self._pointers(Array, children)
        if dictionary is not None:
            made.dictionary = ctypes.pointer(dictionary)
        for name, value in more.items():
            setattr(made, name, value)
        return self._released("array", made)

    def batch(self, schema, array):
        """An object with ``__arrow_c_array__``; the structures are copied into it, as a move is."""
        return Given(self, schema, array)

    def stream(self, schema, batches, fails_with=None):
        """An object with ``__arrow_c_stream__`` that gives batches and then ends, or fails."""
        left = list(batches)

        def get_schema(_, out):
            if schema is None:
                return 22
            out[0] = schema
            return 0

        def get_next(_, out):
            if left:
                out[0] = left.pop(0)
                return 0
            if fails_with is not None:
                return 5
            out[0] = Array()
            return 0

        said = ctypes.c_char_p(fails_with)
        self.kept.append(said)
        fields = dict(Stream._fields_)
        made = Stream(
            fields["get_schema"](get_schema),
            fields["get_next"](get_next),
            fields["get_last_error"](lambda _: ctypes.cast(said, c_void_p).value),
        )
        return Given(self, self._released("stream", made))


class Given:
    """What a producer gives: capsules without a destructor."""

    def __init__(self, maker, *structs):
        self.maker = maker
        self.structs = structs
        if len(structs) == 1:
            self.__class__ = GivenStream

    def __arrow_c_array__(self, requested_schema=None):
        schema, array = self.structs
        return (
            _new(ctypes.addressof(schema), b"arrow_schema", None),
            _new(ctypes.addressof(array), b"arrow_array", None),
        )


class GivenStream(Given):
    """The same for a stream."""

    __arrow_c_array__ = None

    def __arrow_c_stream__(self, requested_schema=None):
        return _new(ctypes.addressof(self.structs[0]), b"arrow_array_stream", None)
