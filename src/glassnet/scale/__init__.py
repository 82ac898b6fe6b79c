"""One training on several processes or machines: shares of each batch, and sums over the ranks."""
