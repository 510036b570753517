"""The figures of clusters, on faces few enough to count by hand."""

from __future__ import annotations

import numpy as np

from tools.measure.accuracy.discovery.unknown_people import cluster_figures


def test_a_cluster_belongs_to_the_person_of_most_of_its_faces() -> None:
    people = np.array([1, 1, 1, 2, 2, 3])
    figures = cluster_figures(people, ["a", "a", "b", "a", "c", "c"])
    assert figures[:2] == (3, 3)
    # a is person 1's by two of three faces, b wholly, c is one person's by one of two.
    assert str(figures[2]).startswith("66.67 %")
    assert str(figures[3]).startswith("60.00 %")
    # Of four pairs of one person's faces, one is in one cluster.
    assert str(figures[4]).startswith("25.00 %")
