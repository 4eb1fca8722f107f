"""A Databricks App's environment in, its pages served out: `python -m` of this module.

In an App, Databricks' own proxy signs people in and is all that reaches the port. Anywhere else
this listens on loopback only.
"""

import os
import sys
from collections.abc import Mapping

from iot_streaming.errors import IotStreamingError
from iot_streaming.serve.app import Doors, create_app
from iot_streaming.serve.server import serve
from iot_streaming.serve.warehouse import warehouse_of


def address_of(environment: Mapping[str, str]) -> tuple[str, int, Doors]:
    """Where to listen, and which names requests may come by."""
    port = int(environment.get("DATABRICKS_APP_PORT") or 8000)
    if environment.get("DATABRICKS_APP_NAME"):
        return "0.0.0.0", port, Doors(hosts=("*",))  # noqa: S104 - the proxy is outside
    return "127.0.0.1", port, Doors()


def main() -> int:
    """Serve until told to stop; an exit code."""
    try:
        host, port, doors = address_of(os.environ)
        serve(create_app(warehouse_of(os.environ), doors), host, port)
    except IotStreamingError as error:
        print(f"iot: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
