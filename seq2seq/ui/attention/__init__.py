"""The Attention tab: what did it look at, and does that explain anything?"""
