"""Lessons: a view with a question, as a link that a teacher hands out."""
