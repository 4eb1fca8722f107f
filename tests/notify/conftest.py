"""A webhook that runs while a test does."""

import threading
from collections.abc import Iterator

import pytest

from tests.notify.server import Webhook


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    webhook = Webhook()
    with webhook.server as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield webhook
        server.shutdown()
        thread.join()
