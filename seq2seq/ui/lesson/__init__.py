"""Lessons: a link to a view with a question, made by a teacher."""
