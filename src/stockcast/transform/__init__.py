"""From silver's bars to the feature table: one function, whichever engine calls it."""
