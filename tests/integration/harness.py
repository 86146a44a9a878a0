"""What every integration test needs: where things are, how to skip, how to say what differs."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "deploy/lab"))

SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need_root():
    if os.geteuid() != 0:
        skip("needs root: it makes network namespaces")


def need_shared(folder):
    path = SHARED / folder
    if not path.is_dir():
        skip(f"needs ../shared/{folder}, which is not part of the project")
    return path


def expect(condition, message):
    """Ends the test with `message` unless `condition` holds."""
    if not condition:
        print(f"FAILED: {message}")
        sys.exit(1)
