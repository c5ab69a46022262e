"""The surfaces: the model as a tree of files, and the tree where programs can see it."""
