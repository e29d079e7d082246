"""What drawing who reaches what costs, by the number of boxes.

``python benchmarks/picture.py [REPETITIONS]`` prints CPU seconds for 75, 150 and 300 boxes with four to five edges for
every four boxes and the slope of one run.
"""

from __future__ import annotations

import math
import random
import sys
import time

from dindguard.reports.picture import svg
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node, marked

KINDS = (Kind.CONTAINER, Kind.CONTAINER, Kind.SOCKET, Kind.ENGINE)


def graph(boxes: int) -> Graph:
    """Return a graph whose edges cross a good deal: every end is drawn at random."""
    chance = random.Random(boxes)
    nodes = [
        Node(key=f"k{n}", kind=KINDS[n % 4], label=f"service 'name-{n}'", notes=("a note",)) for n in range(boxes)
    ]
    host = Node(key="m", kind=Kind.MACHINE, label="the host")
    of = {kind: [node.key for node in nodes if node.kind is kind] for kind in KINDS}
    edges = [
        Edge(source=each, target=chance.choice(of[Kind.SOCKET])) for each in of[Kind.CONTAINER] for _ in range(2)
    ]
    edges += [Edge(source=each, target=chance.choice(of[Kind.ENGINE])) for each in of[Kind.SOCKET]]
    edges += [Edge(source=each, target="m") for each in (*of[Kind.ENGINE], *of[Kind.CONTAINER][::7])]
    made = marked([*nodes, host], edges)
    return Graph(nodes=made[0], edges=made[1])


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    costs = {}
    for boxes in (75, 150, 300):
        drawn = graph(boxes)
        costs[boxes] = min(_seconds(drawn) for _ in range(repetitions))
        print(f"{boxes:>5} boxes, {len(drawn.edges):>4} edges: {costs[boxes]:.3f} s")
    print(f"slope from 75 to 300 boxes: {math.log(costs[300] / costs[75], 4):.2f}")


def _seconds(drawn: Graph) -> float:
    start = time.process_time()
    svg.document(drawn)
    return time.process_time() - start


if __name__ == "__main__":
    main()
