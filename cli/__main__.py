"""`python -m interlock.cli`: the same command without the installed script.

`python -m` puts the working directory first on the import path. A user's folder may hold a
`click.py` or a `yaml.py`, so it is taken off before anything else is imported.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from interlock.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
