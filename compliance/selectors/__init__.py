"""Reading people, each caller within his scope."""
