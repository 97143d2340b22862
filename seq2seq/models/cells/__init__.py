"""Recurrent cells: one readable step with all gates, and the GRU scan that trains faster."""
