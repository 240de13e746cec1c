"""Draw README.md's pictures from a judgement: the fan, the table, the calibration.

First fetch the newest judgement of the running local stack, then draw beside this file:

    make notebook
    PYTHONPATH=src .local/envs/dev/bin/python docs/pictures/draw.py
"""

import argparse
import json
from pathlib import Path

import polars as pl

from stockcast.tracking import plots

HERE = Path(__file__).resolve().parent
FETCHED = HERE.parents[1] / ".local" / "explore" / "evaluation"
DOTS_PER_INCH = 110


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluation", type=Path, default=FETCHED, help="folder with what evaluate.py wrote")
    parser.add_argument("--symbol", default="^GSPC", help="whose fan")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the pictures")
    args = parser.parse_args()
    evaluation = json.loads((args.evaluation / "evaluation.json").read_text())
    origins = pl.read_parquet(args.evaluation / "origins.parquet")
    drawn = {
        "fan": plots.fan_chart(origins, args.symbol),
        "table": plots.table(evaluation["models"]),
        "calibration": plots.calibration(origins),
    }
    for name, figure in drawn.items():
        figure.savefig(args.out / f"{name}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        print(args.out / f"{name}.png")


if __name__ == "__main__":
    main()
