"""Shells, core tools, lspci, and a program that is linked statically."""

from clients.missing import needs

FILES = r"""
cd $TYPES/i915-GVTg_V5_4
say stat -c '%A %s %b %h' available_instances create . devices ../../config
say bash -c 'printf bad >create'
say bash -c "echo $A >create"
say bash -c "echo $A >create"
say bash -c "echo $B >create"
say bash -c "echo $C >create"
say cat available_instances
say cat create
say bash -c 'echo 1 >available_instances'
say touch new
say mkdir new
say rm name
say ln -s name new
say mv name new
say rmdir devices
say mknod new p
say chmod 600 name
say stat -c %A name
say readlink devices/$A
say readlink $MDEVS/$A
say readlink $MDEVS/$A/mdev_type
say readlink /sys/class/mdev_bus/$P
say bash -c "echo 2 >$MDEVS/$A/remove; echo rest"
say ls $MDEVS
say bash -c "echo nonsense >$MDEVS/$B/remove"
say bash -c "echo 1 >$MDEVS/$B/remove"
say ls $MDEVS
say cat available_instances
say bash -c "echo $A >create; exec 3>$PD/$A/remove; echo 1 >$PD/$A/remove; echo 1 >&3"
"""


def test_files_of_sysfs(live, golden):
    """Core tools see modes, sizes and links of sysfs, and its errors."""
    golden("core-tools", live(FILES).out)


@needs("lspci")
def test_lspci(live, golden):
    """The parent's config space, ids and driver are there for lspci."""
    golden("lspci", live("say lspci -nkD; say lspci -nxs 02.0; say lspci -nvs 02.0").out)
    line, *rest = live("lspci -nnk").lines
    assert line.startswith("00:02.0 ")
    assert "[0300]" in line
    assert "[8086:191b]" in line
    assert "\tKernel driver in use: i915" in rest


STATIC = r"""
ldd "$(command -v busybox)" >/dev/null 2>&1 && echo not static
busybox sh -euc '
    busybox cat /sys/class/mdev_bus/*/mdev_supported_types/i915-GVTg_V5_4/available_instances
    cd /sys/class/mdev_bus/*/mdev_supported_types/i915-GVTg_V5_4
    echo '$A' >create
    busybox ls /sys/bus/mdev/devices
    busybox cat available_instances
    echo 1 >/sys/bus/mdev/devices/'$A'/remove
    busybox cat available_instances
'
busybox sh -c "echo bad >$TYPES/i915-GVTg_V5_4/create" 2>&1; echo [$?]
"""


@needs("busybox")
def test_a_static_program(live):
    """A program that loads no library makes and removes a device."""
    assert live(STATIC).lines == [
        "2",
        "c2177883-f1bb-47f0-914d-32a22e3a8804",
        "1",
        "2",
        "sh: write error: Invalid argument",
        "[1]",
    ]


def test_a_removal_that_comes_too_early(live):
    """A device whose creation has not ended is not removed, and its creation ends well."""
    script = r"""
    echo "delay probe 1 2" >"$MDEVSIM_CONTROL/faults" || exit
    echo $A >$TYPES/i915-GVTg_V5_4/create & creating=$!
    wait_for [ -e $PD/$A/remove ]
    bash -c "echo 1 >$PD/$A/remove" 2>&1
    wait $creating; echo [$?]
    ls $MDEVS
    """
    assert live(script).lines == [
        "bash: line 1: echo: write error: Resource temporarily unavailable",
        "[0]",
        "c2177883-f1bb-47f0-914d-32a22e3a8804",
    ]
