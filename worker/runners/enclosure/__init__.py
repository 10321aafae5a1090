"""Where slot processes live: nothing of an item survives it, nothing of a slot survives the worker."""
