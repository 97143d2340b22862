"""The Train tab: how did it learn that?"""
