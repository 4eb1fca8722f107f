"""`python -m iot_streaming.dashboards`: the questions in, the bundle's files anew out."""

from iot_streaming.dashboards.files import write_files
from iot_streaming.project import bundle_root

if __name__ == "__main__":
    for path in write_files(bundle_root()):
        print(path)
