"""Windows of rows."""

import numpy as np

from stockcast.models.windows import gather, window_ends


def test_a_window_ends_only_where_all_its_rows_are_known():
    """A missing value inside a window would spread to the whole forecast, as NaN or worse as a number."""
    matrix = np.ones((10, 2))
    matrix[4, 1] = np.nan

    assert window_ends(matrix, 3).tolist() == [2, 3, 7, 8, 9]
    assert window_ends(matrix[:2], 3).tolist() == []


def test_a_window_holds_its_last_row_and_those_just_before():
    """Off by one, and the network sees tomorrow or misses today."""
    matrix = np.arange(12, dtype=np.float32).reshape(6, 2)

    assert gather(matrix, np.array([2, 5]), 3)[:, :, 0].tolist() == [[0, 2, 4], [6, 8, 10]]
