"""``python -m glassnet.cli``."""

from glassnet.cli.main import main

main()
