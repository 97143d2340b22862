"""Pictures: scenes of coloured shapes, how they are drawn, and how a model reads a picture."""
