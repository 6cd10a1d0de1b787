"""The tests of the library and of the course, in the same folders as what they test."""
