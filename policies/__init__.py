"""Rulebooks to start from: data only, read as package resources and imported by nobody."""
