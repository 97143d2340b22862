"""Views of one decoding: its sentences, its heatmap, and the comparison of a fork with its original."""
