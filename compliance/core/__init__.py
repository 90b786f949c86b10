"""The rules about people, pure: who may change what, whose address counts as one, who is asking. No Django."""
