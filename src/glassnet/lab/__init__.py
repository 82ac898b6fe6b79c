"""The lab: a network in the browser, every number of it."""

from glassnet.lab import calling as calling
