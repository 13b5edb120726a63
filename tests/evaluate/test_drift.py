"""The protocol of the watch: nothing moved is quiet, what moved a whole standard deviation is not."""

from __future__ import annotations

from akademos.evaluate import drift


def test_it_is_quiet_where_nothing_moved_and_loud_where_something_did() -> None:
    said = drift.run(looks=3, moved_looks=3)
    assert {one["false_alarms"] for one in said["nothing_moved"].values()} == {0}
    assert said["moved"]["d=1, 600 learners"]["alarms"] == 1
    assert 0 < said["false_alarms_upper_bound"] < 1
    assert said["seconds"] > 0
