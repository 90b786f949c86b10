"""How the back office looks: its name, its navigation, its home page."""
