"""The lab: a network in the browser, every number of it."""
