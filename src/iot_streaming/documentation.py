"""A home's tables in, dbt's documentation of them (lineage and dictionary) as one page out."""

import json
import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from iot_streaming.errors import TransformFailed
from iot_streaming.project import dbt_project
from iot_streaming.settings import Settings
from iot_streaming.transform import Dbt, DbtPlace
from iot_streaming.warehouse import reading

# They are on the page, without the SQL that they come to: some ask the tables for it.
_WITHOUT_TESTS = ("--exclude", "resource_type:test", "resource_type:unit_test")
# What dbt's page asks for beside itself, and what stands there instead: its own icon, and those of
# its tree, which the browser fetches by their template before Angular has filled it in.
_INSTEAD = {
    "${require('./assets/favicons/favicon.ico')}": "data:,",
    ' xlink:href="{{': ' ng-attr-href="{{',
}
# It can count its visitors, too. Whatever it may come to name: the page is all that it may load.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; base-uri 'none'"
)


def documentation(settings: Settings, say: Callable[[str], None] = lambda _: None) -> str:
    """The page, as HTML; ConfigurationError for a home without tables.

    A run goes on meanwhile: dbt looks at an empty copy of the warehouse, which takes milliseconds
    to make. While a run writes the file, this waits and says so.
    """
    project = dbt_project()
    with _folder_for_dbt() as folder:
        empty = replace(settings, home=folder)
        _copy_without_rows(settings, empty, say)
        place = replace(DbtPlace.embedded(empty, project), keeps_documents=True)
        dbt = Dbt(place)
        dbt.install()
        dbt.run("docs generate", "--static", *_WITHOUT_TESTS)
        page = (place.artifacts / "static_index.html").read_text(encoding="utf-8")
        return _for_others(page, folder, project)


def open_in_browser(page: Path) -> bool:
    """Show the file in the browser of whoever sits here; False where there is none."""
    # Without a screen Python would start a browser of text, in the middle of this terminal.
    has_screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    with suppress(webbrowser.Error):
        return has_screen and webbrowser.open(page.resolve().as_uri())
    return False


@contextmanager
def _folder_for_dbt() -> Iterator[Path]:
    """Goes when the block ends, unless dbt failed: the error names the log in it."""
    folder = Path(mkdtemp(prefix="iot-docs-")).resolve()
    failed = False
    try:
        yield folder
    except TransformFailed:
        failed = True
        raise
    finally:
        if not failed:
            rmtree(folder, ignore_errors=True)


def _copy_without_rows(settings: Settings, empty: Settings, say: Callable[[str], None]) -> None:
    empty.root.mkdir(parents=True)
    path = str(empty.warehouse).replace("'", "''")
    with reading(settings, say) as connection:
        connection.execute(f"attach '{path}' as without_rows")
        connection.execute(f"copy from database {settings.catalog} to without_rows (schema)")


def _for_others(page: str, *folders: Path) -> str:
    """The page without paths of this machine, and unable to ask any other."""
    for folder in folders:
        page = page.replace(json.dumps(str(folder))[1:-1], ".")
    for text, instead in _INSTEAD.items():
        page = page.replace(text, instead)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return page.replace("<head>", f"<head>{policy}", 1)
