"""The Attention tab: what does the decoder attend to, and does that explain its output?"""
