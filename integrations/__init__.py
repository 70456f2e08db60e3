"""Everything that speaks to the outside. The packages here do not know each other; the modules are theirs to share."""
