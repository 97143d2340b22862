"""Pictures of one decoding: its sentences, its heatmap, and a fork beside the original."""
