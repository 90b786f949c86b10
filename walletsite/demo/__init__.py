"""The demo company Nordwind: its people, fourteen months of its money, and journeys that show the service at work."""
