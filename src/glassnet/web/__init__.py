"""What the prediction server and the lab share: guard, doors, limits, log and running."""
