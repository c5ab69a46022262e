"""``python -m simulator.cli`` is ``mdevsim``."""

from simulator.cli import main

main()
