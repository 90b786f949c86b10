"""Pure rules of the product: no Django, no clock, no chance."""
