"""The Teacher forcing tab: what if it were told the truth?"""
