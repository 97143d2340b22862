"""The Inside tab: what does a cell remember, and how far back?"""
