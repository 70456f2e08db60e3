"""The command `intervet`."""
