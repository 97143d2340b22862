"""Training runs in the background: their queue, processes and folders, and models as archives and cards."""
