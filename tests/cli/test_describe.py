"""``mdevsim describe``."""

import json
from importlib.resources import files

import pytest

from simulator.cli.inputs import example_names

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
HOST = files("simulator.examples").joinpath("i915.yaml").read_text(encoding="utf-8")
TWO = HOST + "      - {uuid: 83b8f4f2-509f-382f-3c1e-e6bfe0fa1002, type: i915-GVTg_V5_4}\n"


@pytest.mark.parametrize("name", ["UUID1", "UUID2", "blink", "i915", "mtty"])
def test_shipped_examples(command, golden, name):
    """What each example publishes."""
    answer = command("describe", name)
    assert (answer.status, answer.err) == (0, "")
    golden(f"describe-{name}", answer.out)


@pytest.mark.parametrize("name", ["UUID1", "UUID2", "i915"])
def test_what_is_described_can_be_described_again(quick, write, name):
    """The listing and the line of NDJSON say the same, and are read by the verb itself."""
    listing, line = quick("describe", name).out, quick("describe", name, "--json").out
    assert json.loads(line)["self"]["device_type"] == "pci"
    assert quick("describe", write("a", listing)).out == listing
    assert quick("describe", write("b", line)).out == listing
    assert quick("describe", "-", stdin=listing).out == listing
    assert quick("describe", "-", "--json", stdin=line).out == line


def test_default_host(quick):
    """Without HOST the built-in host of the driver is described."""
    assert quick("describe").out == quick("describe", "i915").out
    assert quick("describe", "--vendor", "mtty").out == quick("describe", "mtty").out


def test_all_mdevs_or_one(command, write):
    """All mdevs of a host are described, or the one whose UUID is given, in any case."""
    host = write("host.yaml", TWO)
    both = command("describe", host)
    assert both.out.count("SELF:") == 2
    assert f"# 0000:00:02.0/{UUID}\n" in both.out
    lines = command("describe", host, "--json").out.splitlines()
    assert [json.loads(line)["name"][-4:] for line in lines] == ["1001", "1002"]
    one = command("describe", host, UUID.upper())
    assert one.out.count("SELF:") == 1
    assert "i915-GVTg_V5_2" in one.out


def test_json_of_a_host_is_a_fleet(quick, write):
    """The lines that describe prints are read by every verb that takes a fleet."""
    fleet = write("fleet", quick("describe", write("host.yaml", TWO), "--json").out)
    assert quick("fleet", "info", fleet, "--json").json["devices"] == 2


def test_another_scheme_than_the_host_names(quick):
    """--scheme publishes another scheme; what only the host's own scheme knows is passed over."""
    answer = quick("describe", "i915", "--scheme", "software-version")
    expected = ["device_api=vfio-pci", "mdev_type=i915-GVTg_V5_2", "software_version=1.2.0"]
    assert answer.out.split() == ["SELF:", *expected]


def test_scheme_of_a_description(quick, write):
    """A description is read under --scheme."""
    listing = write("listing", "SELF:\n\tsoftware_version=1.2\n")
    assert quick("describe", listing).status == 2
    assert quick("describe", listing, "--scheme", "software-version").status == 0


def test_kernel(quick):
    """--kernel takes the kernels that are known."""
    assert quick("describe", "--kernel", "6.1").out == quick("describe").out
    assert quick("describe", "--kernel", "2.4").status == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("i915", "nobody"), f"i915: no mdev nobody; expected {UUID}\n"),
        (("UUID1", UUID), f"UUID1: no mdev {UUID} in a description; expected a host file\n"),
        (
            ("nobody",),
            (
                "nobody: No such file or directory; expected a file, - or an example: "
                f"{', '.join(example_names())}\n"
            ),
        ),
    ],
)
def test_what_is_not_there(quick, asked, said):
    """An mdev or file that is not there is one clear line."""
    answer = quick("describe", *asked)
    assert (answer.status, answer.out, answer.err) == (2, "", said)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("parents: [{driver: mtty}]", "<stdin>: the host names no scheme; expected "),
        ("scheme: software-version\nparents: [{driver: mtty}]", "<stdin>: the host has no mdev"),
        ("scheme: nobody\nparents: []", "<stdin>:1:9: no scheme nobody"),
    ],
)
def test_hosts_that_publish_nothing(quick, host, said):
    """A host without scheme or mdevs is told apart from one that publishes nothing."""
    answer = quick("describe", "-", stdin=host)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(said)


def test_a_file_goes_before_an_example(quick, write):
    """A file of the name of an example is the file."""
    write("UUID1", "SELF:\n\taggregator=7\n")
    assert quick("describe", "UUID1").out == "SELF:\n\taggregator=7\n"


PARENTS = """
scheme: parents.yaml
parents:
  - {driver: i915, driver_version: 1.2.0, mdevs: [{uuid: UUID, type: i915-GVTg_V5_8}]}
  - {driver: mtty, driver_version: 1.3.0}
""".replace("UUID", UUID)
SCHEME = """
scheme: parents
attributes:
  software_version: {type: version, from: driver_version}
  mdev_type: {type: string, from: mdev_type}
surface:
  - {form: files, scope: parent, attributes: [software_version]}
"""


def test_parents(quick, write):
    """A scheme with files on parents has them described, with the mdevs if these have any."""
    host = write("host.yaml", PARENTS)
    write("parents.yaml", SCHEME)

    def names(*words):
        lines = quick("describe", host, *words, "--json").out.splitlines()
        return [json.loads(line)["name"] for line in lines]

    assert names() == ["0000:00:02.0", "mtty"]
    assert names("mtty") == ["mtty"]
    assert names(UUID) == [f"0000:00:02.0/{UUID}"]
    more = "  - {form: files, scope: type, attributes: [mdev_type]}\n"
    write("parents.yaml", SCHEME + more)
    assert names() == ["0000:00:02.0", "mtty", f"0000:00:02.0/{UUID}"]
    assert "no mdev nobody" in quick("describe", host, "nobody").err
