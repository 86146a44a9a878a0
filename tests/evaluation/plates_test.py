#!/usr/bin/python3
"""The plate model that comes with the project reaches on the shared pictures what its card says, to within two points."""
from evaluate import IMAGES, PLATE, SCORE_DEFAULT, Answers, Worker, read_truth, report  # first: it says where the lab is
from gateway import programs
from harness import expect

RECALL_MIN = 0.899
FALSE_BOXES_MAX = 0.07
FIRING_MAX = {"nothing": 0.03, "faces": 0.02, "documents": 0.028}


def main():
    truth = read_truth(IMAGES)
    worker = Worker(programs() / "sallyport-worker")
    expect(worker.detectors[PLATE].startswith("plates@"), f"the worker uses {worker.detectors[PLATE]}")
    answers = Answers(worker, PLATE, truth, IMAGES)
    report(answers, [SCORE_DEFAULT])
    tally = answers.figures(SCORE_DEFAULT)
    recall = tally["found", "all"] / tally["wanted", "all"]
    expect(recall >= RECALL_MIN, f"recall {recall:.3f}")
    false_boxes = tally["boxes", "false"] / tally["plates", "pictures"]
    expect(false_boxes <= FALSE_BOXES_MAX, f"false boxes a car photo {false_boxes:.3f}")
    for kind, most in FIRING_MAX.items():
        firing = tally[kind, "firing"] / tally[kind, "pictures"]
        expect(firing <= most, f"{kind}: {firing:.3f} of the pictures fire")


main()
