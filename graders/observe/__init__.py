"""Probes: what labs see of containers, networks and scripts. They know nothing of labs."""
