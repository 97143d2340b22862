"""The Senses tab: what else can be a sequence?"""
