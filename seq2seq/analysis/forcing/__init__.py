"""Teacher-forced against free-running: two lanes, scores of given translations, exposure bias by position."""
