"""The problems of the exercises, one file for each lesson."""
