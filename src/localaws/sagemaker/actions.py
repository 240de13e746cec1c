"""The shape of an action, as all services of ours have it."""

from localaws.gateway.actions import Action, Actions, Body

__all__ = ["Action", "Actions", "Body"]
