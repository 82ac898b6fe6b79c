"""How fast training and prediction are here, beside the peers that are installed."""
