"""Questions about a trained model: what it looked at, what its output depends on, how well it does."""
