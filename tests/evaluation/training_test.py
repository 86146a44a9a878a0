#!/usr/bin/python3
"""The command of deploy/models/README.md makes a model that a worker loads: a few scenes, a few steps, and a resumed run."""
import importlib.util
import pathlib
import subprocess
import tempfile

from evaluate import PLATE, ROOT, Worker  # first: it says where the rest is
from gateway import programs
from harness import expect, skip


def make(folder, steps):
    command = [ROOT / "deploy/models/plates/make", folder, "--scenes", "6", "--steps", str(steps), "--confirm-steps", str(steps), "--art", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"make ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done.stdout


def main():
    missing = [module for module in ("torch", "cv2", "numpy", "PIL") if importlib.util.find_spec(module) is None]
    if missing:
        skip(f"python modules are missing: {', '.join(missing)} (deploy/install-packages lab train)")
    fonts = pathlib.Path("/usr/share/fonts/truetype/roadgeek")  # one of those that the same list of packages brings
    if not fonts.exists():
        skip(f"{fonts} is not there (deploy/install-packages lab train)")
    with tempfile.TemporaryDirectory(prefix="sallyport-training-") as folder:
        model = pathlib.Path(folder) / "plates.onnx"
        make(folder, 2)
        first = model.read_bytes()
        expect(len(first) < 1_000_000, f"the model has {len(first)} bytes")
        expect("resuming at step 2" in make(folder, 4), "the second run does not resume")
        expect(model.read_bytes() != first, "the resumed run changed nothing")
        confirmer = (pathlib.Path(folder) / "plate_confirmer.onnx").read_bytes()
        expect(len(confirmer) < 500_000, f"the second model has {len(confirmer)} bytes")
        name = Worker(programs() / "sallyport-worker", shipped_dir=folder).detectors[PLATE]
        expect(name.startswith("plates@") and "+plate_confirmer@" in name, f"the worker uses {name}")
    print(f"trained, resumed and loaded: {name}")


main()
