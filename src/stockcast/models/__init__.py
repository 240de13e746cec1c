"""The network, the recipe that belongs to it, and how both are run."""
