"""What would hurt: each kind in a file of its own, told in the order in which people should read it."""

from __future__ import annotations

from shipping.review.changes import PlannedChanges
from shipping.review.dangers import access, data, destruction, encryption, exposure
from shipping.review.dangers.danger import Danger, Kind

__all__ = ["Danger", "Kind", "find"]

LOOKED_FOR = (destruction, access, exposure, encryption, data)


def find(planned: PlannedChanges) -> list[Danger]:
    """Every danger, the worst kind first."""
    acting = planned.acting
    found = [danger for part in LOOKED_FOR for change in acting for danger in part.find(change, planned.every)]
    order = list(Kind)
    return sorted(dict.fromkeys(found), key=lambda danger: (order.index(danger.kind), not danger.is_grave))
