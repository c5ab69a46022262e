"""Arrow data into a fleet and out of it: the same devices as by lines, or an error and nothing."""

import json
import random
import re
import struct

import numpy as np
import pytest
from fleet.arrow_abi import Maker

from simulator.compat.loader import load_scheme
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

MINE = load_scheme(
    "mine.yaml",
    b"""\
scheme: mine
accepted-by: both
objects: published
attributes:
  type: {type: string, clause: equal}
  count: {type: int}
  modes: {type: set, clause: superset}
  version: {type: version, clause: version}
  share: {type: ratio}
""",
)
POOLS = {
    "type": ["a", "b", "é", "", "a text that is longer than twelve bytes"],
    "count": [0, 1, -5, 127],
    "modes": ["x", "x+y", "y, z", ""],
    "version": ["1.0", "1.2", "2.0.1"],
    "share": ["1", "1/2"],
    "name": ["gpu", "", "ü", "n" * 40],
    "compatible": ["[]", '[{"count":"range(0,3)"}]', '[{"type":"a"},{"modes":"superset(x)"}]'],
}


def columns_of(rng, rows):
    """Draw columns with nulls."""
    return {name: [rng.choice([None, *pool]) for _ in range(rows)] for name, pool in POOLS.items()}


def by_lines(columns, scheme=MINE):
    """Make a fleet of the same devices the other way."""
    fleet = Fleet(scheme)
    lines = []
    for values in zip(*columns.values(), strict=True):
        row = {k: v for k, v in zip(columns, values, strict=True) if v is not None}
        line = {"name": row.pop("name")} if "name" in row else {}
        objects = row.pop("compatible", None)
        text = json.dumps(line | {"self": row})
        lines.append(text if objects is None else f'{text[:-1]},"compatible":{objects}}}')
    fleet.extend("lines", ["\n".join(lines).encode()])
    return fleet


def same(one, other):
    assert list(one.lines()) == list(other.lines())
    assert one.distinct_values() == other.distinct_values()
    assert one.size[:4] == other.size[:4]
    source = one[0]
    assert list(one.match(source).rows()) == list(other.match(source).rows())


def coded(index):
    return lambda values: (
        pa.array(values).dictionary_encode().cast(pa.dictionary(index, pa.string()))
    )


INDEXES = [pa.int8(), pa.uint8(), pa.int16(), pa.uint16()]
INDEXES += [pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]
TEXTS = {
    "string": lambda values: pa.array(values, pa.string()),
    "large_string": lambda values: pa.array(values, pa.large_string()),
    "string_view": lambda values: pa.array(values, pa.string_view()),
    **{f"coded {index}": coded(index) for index in INDEXES},
    "coded views": lambda values: pa.DictionaryArray.from_arrays(
        pa.array(values).dictionary_encode().indices,
        pa.array(values).dictionary_encode().dictionary.cast(pa.string_view()),
    ),
    "coded large": lambda values: pa.array(values, pa.large_string()).dictionary_encode(),
}
NUMBERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", range(3))
def test_columns_of_every_type_are_the_lines(text, seed, layout):
    """Texts of every form and dictionaries with any index give the fleet that lines give."""
    rng = random.Random(seed)
    columns = columns_of(rng, 3000)
    number = rng.choice(NUMBERS)
    table = pa.table(
        {
            name: pa.array(values, number) if name == "count" else TEXTS[text](values)
            for name, values in columns.items()
        }
    )
    fleet = Fleet(MINE)
    fleet.lay_out(layout)
    # Sliced, so that nothing begins at the beginning, and in chunks.
    given = pa.concat_tables([table.slice(0, 7), table.slice(7, 1100), table.slice(1107)])
    assert fleet.extend_arrow(given) == range(3000)
    assert fleet.layout == layout
    lines = by_lines(columns)
    lines.lay_out(layout)
    same(fleet, lines)


@pytest.mark.parametrize("number", [*NUMBERS, pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()])
def test_integers_of_every_width_are_read(number):
    """The ends of each width come in, coded and plain."""
    low, high = (0, 2**63 - 1) if number == pa.uint64() else _ends(number)
    values = [low, high, None, 1, low, high] * 50
    for array in (pa.array(values, number), pa.array(values, number).dictionary_encode()):
        fleet = Fleet.from_arrow(MINE, pa.table({"count": array, "share": array}))
        expected = {"count": values, "share": [v and str(v) for v in values]}
        expected["share"] = [None if v is None else str(v) for v in values]
        same(fleet, by_lines(expected))


def _ends(number):
    bits = number.bit_width
    return (0, 2**bits - 1) if "u" in str(number) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view()])
def test_lists_of_texts_are_sets(kind, text):
    """A list has the members of a set; an empty one is the empty set, null is absent."""
    values = [["x"], ["x", "y"], [], None, ["z", "a long member of the set".replace(" ", "_")]] * 9
    table = pa.table({"modes": pa.array(values, kind(text))}).slice(1)
    texts = [None if value is None else ",".join(value) for value in values[1:]]
    same(Fleet.from_arrow(MINE, table), by_lines({"modes": texts}))


@pytest.mark.parametrize("member", ["", "a,b", "a+b", " a", "a b", "é", None])
def test_members_that_are_none_are_refused(member):
    """No member may become two, or none."""
    table = pa.table({"modes": pa.array([["x"], ["y", member]])})
    refused(table, "row 1: column modes: ")


def test_polars_and_duckdb_are_read():
    """Frames come in as they are, with categories too."""
    columns = columns_of(random.Random(9), 500)
    frame = pl.DataFrame(columns)
    same(Fleet.from_arrow(MINE, frame), by_lines(columns))
    kinds = dict.fromkeys(("type", "version"), pl.Categorical)
    same(Fleet.from_arrow(MINE, frame.cast(kinds)), by_lines(columns))
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.from_arrow(frame.to_arrow())
    same(Fleet.from_arrow(MINE, relation), by_lines(columns))


def test_one_batch_is_read():
    """An object that gives one array is read like a stream of one."""
    columns = columns_of(random.Random(9), 500)
    batch = pa.record_batch({name: pa.array(values) for name, values in columns.items()})

    class Only:
        def __arrow_c_array__(self, requested_schema=None):
            return batch.__arrow_c_array__()

    same(Fleet.from_arrow(MINE, Only()), by_lines(columns))


def test_nothing_is_read_of_nothing():
    """Empty tables and batches add no device."""
    empty = pa.table({"type": pa.array([], pa.string()), "modes": pa.array([], pa.string())})
    fleet = Fleet.from_arrow(MINE, empty)
    assert len(fleet) == 0
    table = pa.table({"type": ["a"], "modes": ["x"]})
    assert fleet.extend_arrow(pa.concat_tables([empty, table, empty])) == range(1)
    nulls = pa.table({name: pa.nulls(3) for name in ("type", "count", "name", "compatible")})
    assert fleet.extend_arrow(nulls) == range(1, 4)
    assert fleet.line(3) == b'{"self":{}}'


@pytest.mark.parametrize("codes", [254, 255, 256, 65535, 65536])
@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_dictionaries_widen_by_themselves(codes, layout):
    """Codes beyond their width are given more."""
    values = [f"v{n}" for n in range(codes)]
    fleet = Fleet(MINE)
    fleet.lay_out(layout)
    fleet.extend_arrow(pa.table({"type": pa.array(values * 2).dictionary_encode()}))
    assert fleet.distinct_values()["type"] == codes
    for row in (0, 253, codes - 1, codes, 2 * codes - 1):
        assert fleet[row].values["type"].text == values[row % codes]


def test_values_that_no_row_has_are_no_values():
    """A dictionary may hold more than its rows use, even what is no value."""
    indexes, values = pa.array([2, 2, None, 0]), pa.array(["1.0", "no version", "1.2"])
    table = pa.table({"version": pa.DictionaryArray.from_arrays(indexes, values)})
    fleet = Fleet.from_arrow(MINE, table)
    assert fleet.distinct_values()["version"] == 2


def test_wide_keys_and_many_rows_change_the_layout_on_the_way():
    """A fleet of rows that all differ becomes flat while it is read."""
    rows = 60_000
    values = [f"v{n % 50_000}" for n in range(rows)]
    columns = {
        "type": values,
        "count": list(range(rows)),
        "version": [f"1.{n}" for n in range(rows)],
    }
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    fleet = Fleet.from_arrow(MINE, table)
    assert fleet.layout == "flat"
    same(fleet, by_lines(columns))


def drawn_from(rng, rows, values, width):
    """A dictionary of values in any order, and a row for each of drawn indexes, some null."""
    order = rng.sample(values, len(values))
    drawn = [rng.choice([None, *range(len(order))]) for _ in range(rows)]
    return pa.DictionaryArray.from_arrays(pa.array(drawn, width), pa.array(order))


def test_dictionaries_that_change_from_batch_to_batch():
    """An index stands for what its own dictionary says, whatever it was in the batch before."""
    rng = random.Random(3)
    types, versions = ["a", "b", "c"], [f"1.{n}" for n in range(9)]
    batches = [
        pa.record_batch(
            {
                "type": drawn_from(rng, 1500, types[: 2 + n % 2], pa.int8()),
                "version": drawn_from(rng, 1500, versions, pa.int64()),
                "count": pa.array([rng.choice([None, 1, 2]) for _ in range(1500)]),
            }
        )
        for n in range(4)
    ]
    table = pa.Table.from_batches(batches)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    same(Fleet.from_arrow(MINE, table), by_lines(columns))


@pytest.mark.parametrize("width", [pa.int8(), pa.uint16(), pa.int32(), pa.int64()])
def test_rows_are_known_by_their_indexes(width):
    """Rows with equal indexes are of one class, nulls and the last of a dictionary among them."""
    rng = random.Random(4)
    table = pa.table(
        {
            "type": drawn_from(rng, 5000, ["a", "b"], width),
            "version": drawn_from(rng, 5000, [f"1.{n}" for n in range(127)], width),
        }
    )
    columns = {name: table[name].to_pylist() for name in table.column_names}
    fleet = Fleet.from_arrow(MINE, table)
    same(fleet, by_lines(columns))
    assert fleet.size.n_classes == len(set(zip(*columns.values(), strict=True)))


@pytest.mark.parametrize("index", [3, -1, 2**62, -(2**62)])
def test_an_index_beyond_its_dictionary_after_many_that_are_not(index):
    """Rows that are known hide no row that is wrong; the first wrong column is told."""
    values, wrong = pa.array(["1.0", "1.1", "1.2"]), [0, 1, 2, None] * 1000
    wrong[3500] = index
    kinds = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 2000), pa.array(["a", "b"]))
    versions = pa.DictionaryArray.from_arrays(pa.array(wrong, pa.int64()), values, safe=False)
    refused(
        pa.table({"version": versions, "type": kinds}),
        "row 3500: column version: an index beyond its dictionary",
    )


INDEXES = [pa.int8(), pa.uint8(), pa.int16(), pa.int64()]


def types_of(indexes, form, values=()):
    """Make a batch of a column of types: indexes into a dictionary."""
    kinds = pa.DictionaryArray.from_arrays(
        pa.array(indexes, form), pa.array(list(values), pa.string()), safe=False
    )
    return pa.record_batch([kinds], ["type"])


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("form", INDEXES, ids=str)
def test_nulls_need_no_values_in_their_dictionary(form, layout):
    """A column of nulls alone may have a dictionary of nothing, also behind one of something."""
    fleet = Fleet(MINE)
    fleet.lay_out(layout)
    nothing = types_of([None, None, None], form)
    fleet.extend_arrow(nothing)
    fleet.extend_arrow(pa.Table.from_batches([types_of([0, 1], form, "ab"), nothing]))
    told = [str(device.values.get("type")) for device in fleet]
    assert told == ["None", "None", "None", "a", "b", "None", "None", "None"]


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("form", INDEXES, ids=str)
def test_a_dictionary_of_nothing_has_not_the_values_of_the_one_before(form, layout):
    """Indexes are looked up in the dictionary of their own batch."""
    fleet = Fleet(MINE)
    fleet.lay_out(layout)
    batches = [types_of([0, 1, 1], form, "ab"), types_of([1, 0], form)]
    with pytest.raises(InputError, match="row 3: column type: an index beyond its dictionary"):
        fleet.extend_arrow(pa.Table.from_batches(batches))
    assert len(fleet) == 0


def test_more_columns_than_a_key_holds():
    """Rows are told apart also where their codes do not fit into a key."""
    text = "scheme: wide\nattributes:\n" + "".join(f"  a{n}: {{type: string}}\n" for n in range(40))
    scheme = load_scheme("wide.yaml", text.encode())
    rng = random.Random(1)
    drawn = [[f"v{rng.randrange(60)}" for _ in range(40)] for _ in range(100)]
    rows = [drawn[rng.randrange(100)] for _ in range(3000)]
    columns = {f"a{n}": [row[n] for row in rows] for n in range(40)}
    same(Fleet.from_arrow(scheme, pa.table(columns)), by_lines(columns, scheme))


def test_derived_objects_are_added():
    """Under a scheme that derives objects, rows without objects have those of their values."""
    scheme = load_scheme(
        "derives.yaml",
        b"scheme: derives\nobjects: published\nattributes:\n  type: {type: string}\n"
        b'accepts:\n  - {type: "${type}"}\n',
    )
    columns = {"type": ["a", "b", None], "compatible": [None, "[]", None]}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    fleet = Fleet.from_arrow(scheme, table)
    same(fleet, by_lines(columns, scheme))
    fleet.replace_arrow([2], table.slice(0, 1))
    assert fleet.line(2) == fleet.line(0)


# ---- what is refused


def refused(data, message):
    """The data are refused with this message, and the fleet is as it was."""
    fleet = by_lines({"type": ["a", "b"], "name": ["one", "two"]})
    before = list(fleet.lines()), fleet.distinct_values(), fleet.size[:4]
    with pytest.raises(InputError, match=re.escape(message)):
        fleet.extend_arrow(data)
    assert before == (list(fleet.lines()), fleet.distinct_values(), fleet.size[:4])
    fleet.extend_arrow(pa.table({"type": ["c"]}))
    assert fleet.line(2) == b'{"self":{"type":"c"}}'


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("version", ["1.0", "one"], "row 1: column version: no value of the attribute"),
        ("version", ["1.0", None, "1.0.0.0"], "row 2: column version: no value"),
        ("type", ["a", "tab\t"], "row 1: column type: no value"),
        ("type", ["a", "b" * 4097], "row 1: column type: no value"),
        ("count", ["1", "1/2"], "row 1: column count: no value"),
        ("modes", ["x", "x+x"], "row 1: column modes: no value"),
        ("name", ["a", "\x7f"], "row 1: column name: a name that cannot be"),
        ("name", ["a", "b" * 4097], "row 1: column name: a name that cannot be"),
        ("compatible", ["[]", "[] "], "row 1: column compatible: no value"),
        ("compatible", ["[]", ""], "row 1: column compatible: no value"),
        ("compatible", ["[]", '[{"nothing":1}]'], "row 1: column compatible: no value"),
        ("other", ["a"], "row 0: column other: a column that is no attribute"),
    ],
)
def test_values_that_are_none_are_told_with_their_row(column, values, message):
    """The error names column and row, of a plain column and of a coded one."""
    refused(pa.table({column: values}), message)
    chunks = pa.chunked_array([values[:1], values[1:]])
    if column != "other":
        refused(pa.table({column: pa.array(values).dictionary_encode()}), message)
        refused(pa.table({column: chunks}), message)


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("type", pa.array([1])),
        ("type", pa.array([["x"]])),
        ("count", pa.array([1.5])),
        ("count", pa.array([True])),
        ("version", pa.array([1])),
        ("modes", pa.array([[1]])),
        ("modes", pa.array([b"x"])),
        ("name", pa.array([1])),
        ("compatible", pa.array([1])),
        ("compatible", pa.array([["x"]])),
        ("count", pa.array([2**63], pa.uint64())),
    ],
)
def test_types_that_do_not_suit_are_refused(column, array):
    """Nothing is guessed from a type that an attribute does not have."""
    refused(pa.table({column: array}), f"row 0: column {column}: ")


def test_objects_without_arrow_data_are_refused():
    """What speaks neither form of the interface is a mistake of the caller."""
    with pytest.raises(TypeError, match="list gives no Arrow data"):
        Fleet.from_arrow(MINE, [])


# ---- malformed data


def text_array(make, texts, **more):
    data = b"".join(texts)
    ends = [sum(map(len, texts[:n])) for n in range(len(texts) + 1)]
    length = more.pop("length", len(texts))
    return make.array(length, [None, struct.pack(f"<{len(ends)}i", *ends), data], **more)


def given(make, form, array, *, dictionary=None, column="type", rows=None):
    """One batch of one column."""
    schema = make.schema("+s", children=[make.schema(form, column, dictionary=dictionary)])
    length = array.length if rows is None else rows
    return make.batch(schema, make.array(length, [None], [array]))


def offsets(*numbers):
    return struct.pack(f"<{len(numbers)}i", *numbers)


MALFORMED = {
    "offsets descend": ("u", lambda m: m.array(3, [None, offsets(0, 2, 1, 3), b"abc"])),
    "offsets below zero": ("u", lambda m: m.array(2, [None, offsets(-1, 1, 2), b"ab"])),
    "a last offset below zero": ("u", lambda m: m.array(2, [None, offsets(0, 1, -5), b"a"])),
    "an offset beyond the last": ("u", lambda m: m.array(2, [None, offsets(0, 9, 1), b"a"])),
    "no offsets": ("u", lambda m: m.array(2, [None, None, b"ab"])),
    "no data": ("u", lambda m: m.array(2, [None, offsets(0, 1, 2), None])),
    "a missing buffer": ("u", lambda m: m.array(2, [None, offsets(0, 1, 2)])),
    "no buffers": ("u", lambda m: m.array(2, [])),
    "too many buffers": ("u", lambda m: m.array(1, [None, offsets(0, 1), b"a", b"b"])),
    "no UTF-8": ("u", lambda m: text_array(m, [b"\xff"])),
    "cut UTF-8": ("u", lambda m: text_array(m, [b"\xc3"])),
    "a surrogate": ("u", lambda m: text_array(m, [b"\xed\xa0\x80"])),
    "a length below zero": ("u", lambda m: text_array(m, [b"a"], length=-1)),
    "a huge length": ("u", lambda m: text_array(m, [b"a"], length=2**63 - 1)),
    "an offset below zero": ("u", lambda m: text_array(m, [b"a"], offset=-1)),
    "a huge offset": ("u", lambda m: text_array(m, [b"a"], offset=2**63 - 1)),
    "more nulls than rows": ("u", lambda m: text_array(m, [b"a"], null_count=2)),
    "nulls below zero": ("u", lambda m: text_array(m, [b"a"], null_count=-2)),
    "nulls without a bitmap": ("u", lambda m: text_array(m, [b"a"], null_count=1)),
    "a buffer count below zero": ("u", lambda m: text_array(m, [b"a"], n_buffers=-1)),
    "a type without a meaning": ("?", lambda m: text_array(m, [b"a"])),
    "a list without children": ("+l", lambda m: m.array(1, [None, offsets(0, 1)])),
    "an unknown view": ("vu", lambda m: m.array(1, [None, struct.pack("<iiii", 20, 0, 0, 0)])),
    "a view below zero": (
        "vu",
        lambda m: m.array(1, [None, struct.pack("<iiii", -1, 0, 0, 0), None]),
    ),
    "a view of no buffer": (
        "vu",
        lambda m: m.array(
            1, [None, struct.pack("<iiii", 20, 0, 1, 0), b"a" * 20, struct.pack("<q", 20)]
        ),
    ),
    "a view beyond its buffer": (
        "vu",
        lambda m: m.array(
            1, [None, struct.pack("<iiii", 20, 0, 0, 1), b"a" * 20, struct.pack("<q", 20)]
        ),
    ),
    "a view before its buffer": (
        "vu",
        lambda m: m.array(
            1, [None, struct.pack("<iiii", 13, 0, 0, -1), b"a" * 20, struct.pack("<q", 20)]
        ),
    ),
}


def checked(make, data, message=""):
    """The data are refused, and all that was taken is released once."""
    refused(data, message)
    expected = {"stream": 1} if len(data.structs) == 1 else {"schema": 1, "array": 1}
    assert {kind: make.released[kind] for kind in expected} == expected


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_columns_are_refused(case):
    """Lengths, offsets, buffers and texts are checked before they are used."""
    form, build = MALFORMED[case]
    make = Maker()
    array = build(make)
    rows = max(1, min(array.length, 3))
    checked(make, given(make, form, array, rows=rows), ": column type: ")


def listed(make, array, form="u", **more):
    """One list column whose only elements are an array of a format."""
    schema = make.schema("+s", children=[make.schema("+l", "modes", [make.schema(form)], **more)])
    return schema, make.array(1, [None, offsets(0, array.length)], [array])


def coded(make, values, form="u", column="type", index="i", **more):
    """One column with one index, 0, into an array of a format."""
    dictionary = make.schema(form, **more)
    schema = make.schema("+s", children=[make.schema(index, column, dictionary=dictionary)])
    return schema, make.array(1, [None, struct.pack("<i", 0)], dictionary=values)


def dropped(array):
    array.release = type(array.release)()
    return array


def view(*numbers):
    return struct.pack("<iiii", *numbers)


NESTED = {
    "members of a released array": (
        lambda m: listed(m, dropped(text_array(m, [b"a"]))),
        "an array that was released",
    ),
    "members of another count": (
        lambda m: (
            m.schema("+s", children=[m.schema("+l", "modes", [m.schema("u"), m.schema("u")])]),
            m.array(1, [None, offsets(0, 1)], [text_array(m, [b"a"])]),
        ),
        "a list without one kind of elements",
    ),
    "members of two arrays": (
        lambda m: (
            m.schema("+s", children=[m.schema("+l", "modes", [m.schema("u")])]),
            m.array(1, [None, offsets(0, 1)], [text_array(m, [b"a"]), text_array(m, [b"a"])]),
        ),
        "a list without one kind of elements",
    ),
    "members below zero": (
        lambda m: listed(m, text_array(m, [b"a"], length=-1)),
        "a length below zero",
    ),
    "members of no type": (lambda m: listed(m, text_array(m, [b"a"]), "?"), "a type that is not"),
    "members that are lists": (
        lambda m: listed(m, m.array(1, [None, offsets(0, 0)], [text_array(m, [])]), "+l"),
        "a type that is not read",
    ),
    "members that are numbers": (
        lambda m: listed(m, m.array(1, [None, struct.pack("<i", 1)]), "i"),
        "a list of anything but text",
    ),
    "members that are nothing": (lambda m: listed(m, m.array(1, []), "n"), "a null in a list"),
    "members beyond their offsets": (
        lambda m: listed(m, m.array(2, [None, offsets(0, 9, 1), b"a"])),
        "row 0: column modes: ",
    ),
    "a set that is too long": (
        lambda m: listed(m, text_array(m, [b"a" * 3000, b"b" * 3000])),
        "row 0: column modes: ",
    ),
    "codes of no values": (
        lambda m: (
            m.schema("+s", children=[m.schema("i", "type", dictionary=m.schema("u"))]),
            m.array(1, [None, struct.pack("<i", 0)]),
        ),
        "a dictionary without indexes or values",
    ),
    "codes that are texts": (
        lambda m: (
            m.schema("+s", children=[m.schema("u", "type", dictionary=m.schema("u"))]),
            m.array(1, [None, offsets(0, 1), b"a"], dictionary=text_array(m, [b"a"])),
        ),
        "a dictionary without indexes or values",
    ),
    "values that are lists": (
        lambda m: coded(m, m.array(1, [None, offsets(0, 0)], [text_array(m, [])]), "+l"),
        "a type that is not read",
    ),
    "values without offsets": (
        lambda m: coded(m, m.array(1, [None, None, b"a"])),
        "a buffer that is not there",
    ),
    "a name beyond its dictionary": (
        lambda m: coded(m, text_array(m, []), column="name"),
        "row 0: column name: an index beyond its dictionary",
    ),
    "a name that is a number": (
        lambda m: coded(m, m.array(1, [None, struct.pack("<i", 1)]), "i", column="name"),
        "names that are no texts",
    ),
    "a name of no UTF-8": (
        lambda m: coded(m, text_array(m, [b"\xff"]), column="name"),
        "row 0: column name: ",
    ),
    "a view of unknown lengths": (
        lambda m: coded(m, m.array(1, [None, view(1, 0, 0, 0), b"a" * 20, None]), "vu"),
        "buffers of unknown lengths",
    ),
    "a view of a buffer below zero": (
        lambda m: coded(
            m, m.array(1, [None, view(20, 0, -1, 0), b"a" * 20, struct.pack("<q", 20)]), "vu"
        ),
        "a text beyond its buffer",
    ),
    "a view of a buffer that is not there": (
        lambda m: coded(
            m, m.array(1, [None, view(20, 0, 0, 0), None, struct.pack("<q", 20)]), "vu"
        ),
        "a text beyond its buffer",
    ),
}


@pytest.mark.parametrize("case", NESTED)
def test_malformed_members_and_values_are_refused(case):
    """What a list or a dictionary holds is checked like a column, and so is what it is held in."""
    build, message = NESTED[case]
    make = Maker()
    schema, column = build(make)
    checked(make, make.batch(schema, make.array(1, [None], [column])), message)


def test_names_that_are_null_are_none():
    """A device has no name where the index, the value or all of the dictionary is null."""
    names = pa.DictionaryArray.from_arrays(pa.array([0, None, 1]), pa.array(["one", None]))
    fleet = Fleet.from_arrow(MINE, pa.table({"type": ["a"] * 3, "name": names}))
    assert [fleet.name(row) for row in range(3)] == ["one", "", ""]
    nothing = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.nulls(1))
    fleet = Fleet.from_arrow(MINE, pa.table({"type": ["a", "b"], "name": nothing}))
    assert [fleet.name(row) for row in range(2)] == ["", ""]


@pytest.mark.parametrize("index", ["b", "B", "h", "H", "i", "I", "q", "Q"])
@pytest.mark.parametrize("value", [2, 100, -1])
@pytest.mark.parametrize("has_nulls", [False, True])
def test_indexes_beyond_their_dictionary_are_refused(index, value, has_nulls):
    """An index is checked whatever its width; that of a null is not looked at."""
    if value < 0 and index.isupper():
        value = 2 ** (8 * struct.calcsize(f"<{index}")) - 1
    form = dict(zip("bBhHiIqQ", "cCsSiIlL", strict=True))[index]
    make = Maker()
    values = text_array(make, [b"a", b"b"])
    bitmap = b"\x0b" if has_nulls else None
    numbers = struct.pack(f"<4{index}", 0, 1, value if has_nulls else 0, value)
    array = make.array(4, [bitmap, numbers], dictionary=values, null_count=-1 if has_nulls else 0)
    data = given(make, form, array, dictionary=make.schema("u"))
    checked(make, data, "row 3: column type: an index beyond its dictionary")


def test_batches_that_do_not_fit_the_schema_are_refused():
    """Columns that are missing, too short or null are told."""
    for array in (
        lambda m: m.array(1, [None], []),
        lambda m: m.array(2, [None], [text_array(m, [b"a"])]),
        lambda m: m.array(1, [None], [text_array(m, [b"a"])], offset=1),
        lambda m: m.array(1, [b"\0"], [text_array(m, [b"a"])], null_count=1),
        lambda m: m.array(-1, [None], [text_array(m, [b"a"])]),
        lambda m: m.array(1, [None], [text_array(m, [b"a"])], n_children=2**40),
    ):
        make = Maker()
        schema = make.schema("+s", children=[make.schema("u", "type")])
        checked(make, make.batch(schema, array(make)), "row 0: ")


def test_schemas_that_are_none_are_refused():
    """A schema must be of record batches with named columns, each once."""
    make = Maker()
    data = make.batch(make.schema("u", "type"), text_array(make, [b"a"]))
    checked(make, data, "no record batches")
    make = Maker()
    twice = make.schema("+s", children=[make.schema("u", "type"), make.schema("u", "type")])
    columns = [text_array(make, [b"a"]), text_array(make, [b"a"])]
    checked(make, make.batch(twice, make.array(1, [None], columns)), "column type: a column for")


def test_more_rows_than_32_bits_are_told():
    """A length is checked before any row is read."""
    make = Maker()
    rows = 2**32
    schema = make.schema("+s", children=[make.schema("n", "type")])
    data = make.batch(schema, make.array(rows, [None], [make.array(rows, [], null_count=-1)]))
    checked(make, data, "more devices or values than 32 bits count")


def test_streams_that_fail_are_told():
    """What the producer says is passed on, and no batch that came before stays."""
    make = Maker()
    schema = make.schema("+s", children=[make.schema("u", "type")])
    batch = make.array(1, [None], [text_array(make, [b"new"])])
    data = make.stream(schema, [batch], fails_with=b"the disk is gone")
    checked(make, data, "row 1: the disk is gone: the stream failed")
    assert make.released == {"schema": 1, "array": 1, "stream": 1}
    make = Maker()
    checked(make, make.stream(None, [], fails_with=b"no"), "the stream gives no schema")


def test_streams_are_released_once():
    """A stream that ends well has released its schema and every batch."""
    make = Maker()
    schema = make.schema("+s", children=[make.schema("u", "type")])
    batches = [make.array(1, [None], [text_array(make, [text])]) for text in (b"a", b"b")]
    fleet = Fleet.from_arrow(MINE, make.stream(schema, batches))
    assert [fleet.line(row) for row in (0, 1)] == [
        b'{"self":{"type":"a"}}',
        b'{"self":{"type":"b"}}',
    ]
    assert make.released == {"schema": 1, "array": 2, "stream": 1}


# ---- out


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("keep_names", [True, False])
def test_a_fleet_is_a_table(layout, keep_names):
    """pyarrow, Polars and DuckDB take a fleet, and give it back."""
    columns = columns_of(random.Random(3), 400)
    fleet = Fleet(MINE, keep_names=keep_names)
    fleet.extend("lines", by_lines(columns).lines())
    fleet.lay_out(layout)
    for row in (0, 17, 399):
        fleet.remove(row)
    table = pa.table(fleet)
    table.validate(full=True)
    assert ("name" in table.column_names) == keep_names
    frame = pl.DataFrame(fleet)
    left = [row for row in range(400) if row not in (0, 17, 399)]
    assert frame["row"].to_list() == left
    for name in columns:
        if name != "name" or keep_names:
            assert frame[name].to_list() == [columns[name][row] for row in left]
    for data in (table, frame, pytest.importorskip("duckdb").from_arrow(table)):
        again = Fleet.from_arrow(MINE, data)
        assert list(again.lines()) == list(fleet.lines())


def test_batches_outlive_their_fleet():
    """A table keeps its values when the fleet is gone, and a stream keeps the fleet."""
    fleet = by_lines(columns_of(random.Random(3), 200_000))
    lines = list(fleet.lines())
    reader = pa.RecordBatchReader.from_stream(fleet)
    del fleet
    table = reader.read_all()
    assert len(table["row"].chunks) > 1
    del reader
    assert list(Fleet.from_arrow(MINE, table).lines()) == lines


def test_a_stream_fails_after_a_change():
    """Batches of two states are never put together."""
    fleet = by_lines(columns_of(random.Random(3), 70_000))
    reader = pa.RecordBatchReader.from_stream(fleet)
    reader.read_next_batch()
    fleet.remove(1)
    with pytest.raises(pa.ArrowInvalid, match="the fleet changed"):
        reader.read_next_batch()


def test_a_capsule_that_nobody_takes_is_released():
    """A stream may be thrown away."""
    fleet = by_lines({"type": ["a"]})
    assert "arrow_array_stream" in repr(fleet.__arrow_c_stream__())
    assert pa.table(fleet).num_rows == 1


def test_rows_of_an_answer_are_arrow_data_without_a_copy():
    """Row numbers are a buffer that Arrow takes as it is."""
    fleet = by_lines({"type": ["a", "b", "a"]})
    rows = fleet.match(fleet[0]).rows()
    taken = pa.Array.from_buffers(pa.uint32(), len(rows), [None, pa.py_buffer(rows)])
    assert pa.table(fleet).take(taken)["row"].to_pylist() == list(rows)


# ---- many at once


def model(layout, rows=300):
    rng = random.Random(7)
    fleet = by_lines(columns_of(rng, rows))
    fleet.lay_out(layout)
    return rng, fleet


@pytest.mark.parametrize("layout", ["classes", "flat"])
@pytest.mark.parametrize("by", ["arrow", "lines"])
def test_many_devices_are_replaced_at_once(layout, by):
    """A batch of updates is as one after the other, duplicates and names included."""
    rng, fleet = model(layout)
    other = by_lines(columns_of(random.Random(7), 300))
    other.lay_out(layout)
    for _ in range(30):
        columns = columns_of(rng, rng.choice([0, 1, 40, 200]))
        rows = [rng.randrange(300) for _ in columns["type"]]
        table = pa.table(
            {
                n: pa.array(v, pa.int64() if n == "count" else pa.string())
                for n, v in columns.items()
            }
        )
        new = Fleet.from_arrow(MINE, table)
        if by == "arrow":
            fleet.replace_arrow(rows, table)
        else:
            fleet.replace_lines(np.array(rows, np.uint32).data, b"".join(new.lines()))
        for row, line in zip(rows, new.lines(), strict=True):
            other.replace(row, other.parse(line.decode()))
        assert list(fleet.lines()) == list(other.lines())
        source = fleet[rng.randrange(300)]
        assert list(fleet.match(source).rows()) == list(other.match(source).rows())
        assert fleet.size[:4] == other.size[:4]


@pytest.mark.parametrize("share", [1, 3])
def test_most_devices_of_a_flat_fleet_are_replaced_at_once(share):
    """Where the order is made anew, too, each row has what it was given, the last time it was."""
    rng, rows = random.Random(5), 40_000
    fleet = by_lines({"type": [f"v{n % 50}" for n in range(rows)], "count": list(range(rows))})
    assert fleet.layout == "flat"
    free = [3, 39_999, 20_000]
    fleet.remove_many(free)
    expected = {row: fleet.line(row) for row in range(rows) if row not in free}
    changed = rng.choices(sorted(expected), k=rows // share)
    counts = [rng.randrange(10**6) for _ in changed]
    table = pa.table({"type": [f"v{n % 70}" for n in counts], "count": counts})
    fleet.replace_arrow(np.array(changed, np.uint32), table)
    for row, n in zip(changed, counts, strict=True):
        expected[row] = json.dumps({"self": {"type": f"v{n % 70}", "count": n}}).encode()
    found = (json.loads(fleet.line(row)) for row in expected)
    assert all(map(dict.__eq__, found, map(json.loads, expected.values())))
    assert fleet.size.n_classes == len(fleet) == len(expected)
    sources = [fleet[row] for row in rng.sample(sorted(expected), 20)]
    said = [list(fleet.match(source).rows()) for source in sources]
    fleet.lay_out("classes")
    assert [list(fleet.match(source).rows()) for source in sources] == said
    assert fleet.add(fleet[0]) == 20_000


@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_a_batch_of_updates_changes_all_or_nothing(layout):
    """Rows that are not there, another number of them, and mistakes leave everything."""
    _, fleet = model(layout)
    fleet.remove(5)
    before = list(fleet.lines())
    table = pa.table({"type": ["new", "new"]})
    line = b'{"self":{"type":"new"}}\n'
    for rows, error in [([1, 5], IndexError), ([1, 300], IndexError), ([1, -1], IndexError)]:
        with pytest.raises(error):
            fleet.replace_arrow(rows, table)
        with pytest.raises(error):
            fleet.replace_lines(rows, line * 2)
    for rows in ([1], [1, 2, 3], []):
        with pytest.raises(ValueError, match=r"2 descriptions for \d rows"):
            fleet.replace_arrow(rows, table)
    with pytest.raises(InputError, match="updates:2:"):
        fleet.replace_lines([1, 2], line + b'{"self":{"typ":"new"}}\n', "updates")
    with pytest.raises(InputError, match="row 1: column version"):
        fleet.replace_arrow([1, 2], pa.table({"version": ["1.0", "x"]}))
    assert list(fleet.lines()) == before
    assert "new" not in str(fleet.distinct_values())
    fleet.replace_arrow([1, 2], table)
    assert fleet.line(2) == line.strip()


def test_classes_do_not_pile_up():
    """Batches of new descriptions use again the room of those that went."""
    fleet = by_lines({"type": ["a"] * 100})
    sizes = []
    for n in range(40):
        values = [f"v{(n * 7 + row) % 400}" for row in range(100)]
        fleet.replace_arrow(range(100), pa.table({"type": values}))
        sizes.append(fleet.size.dictionary_bytes)
    assert sizes[-1] == sizes[-10]


@pytest.mark.parametrize("layout", ["classes", "flat"])
def test_many_devices_are_removed_at_once(layout):
    """All or none go, and their rows are given again, the last first."""
    _, fleet = model(layout)
    before = list(fleet.lines())
    for rows in ([3, 300], [3, 4, 3], [3, 2**32 - 1], [-1]):
        with pytest.raises(IndexError):
            fleet.remove_many(rows)
    assert list(fleet.lines()) == before
    fleet.remove_many([7, 3, 299])
    assert len(fleet) == 297
    with pytest.raises(IndexError):
        fleet.remove_many([4, 3])
    assert [fleet.add(fleet[0]) for _ in range(4)] == [299, 3, 7, 300]
    fleet.remove_many([])
    fleet.remove_many(np.arange(301, dtype=np.uint32).data)
    assert len(fleet) == 0
