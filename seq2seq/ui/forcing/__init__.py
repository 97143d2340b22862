"""The Teacher forcing tab: what changes if the decoder is fed the reference?"""
