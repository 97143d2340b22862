"""From a source sentence to a translation and its trace. The only decode loop is here."""
