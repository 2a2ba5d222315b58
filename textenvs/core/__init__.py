"""How a text task becomes an environment."""
