"""The picture of each finding: what was seen, drawn from the diagnosis's own numbers."""
