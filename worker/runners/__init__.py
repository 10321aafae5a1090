"""How items run: a slot process for each kind of function, told batches, and what is known afterwards."""
