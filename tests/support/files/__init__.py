"""Files that the tests make: archives, tables, models with one change."""
