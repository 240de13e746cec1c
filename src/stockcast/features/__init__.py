"""The one road from bars to what a model sees, and to what it is trained on."""
