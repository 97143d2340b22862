"""The Train tab: how does a model learn?"""
