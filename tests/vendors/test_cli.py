"""Every vendor driver has a built-in host in the command."""

import pytest
from click.testing import CliRunner

from simulator.cli import cli
from simulator.mdev import KERNELS
from simulator.vendors import VENDORS


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_describe_vendor(vendor, kernel):
    """``--vendor NAME`` describes one mdev of the driver, on every kernel."""
    answer = CliRunner().invoke(cli, ["describe", "--vendor", vendor, "--kernel", kernel])
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("SELF:\n")
    assert f"mdev_type={VENDORS[vendor].name}-" in answer.output.replace('"', "")


def test_a_file_of_this_name_is_not_the_vendor(tmp_path, monkeypatch):
    """``--vendor mtty`` is the built-in host, whatever lies in the folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mtty").write_text("nothing")
    answer = CliRunner().invoke(cli, ["describe", "--vendor", "mtty"])
    assert answer.exit_code == 0, answer.output
