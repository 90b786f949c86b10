"""How pages write times: to the second, in an order that sorts."""
