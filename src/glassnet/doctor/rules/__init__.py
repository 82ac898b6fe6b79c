"""Rules, a cause a file: signals -> a finding, or None."""
