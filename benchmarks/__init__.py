"""Fanfold against other tools on this machine: one file a comparison, each run pair by pair."""
