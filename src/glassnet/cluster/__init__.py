"""A Ray cluster that is there already: how it is reached, and whether its machines are alike."""
