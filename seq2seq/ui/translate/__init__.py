"""The Translate tab: what does it do, step by step?"""
